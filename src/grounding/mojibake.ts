/**
 * Repairs text whose UTF-8 was once read as Windows-1252 or Latin-1: "schÃ¶n" for "schön", "â€œ" for a quotation
 * mark. The original's tokenizer repairs it too, by the Python package ftfy. This knows the one mistake that
 * nearly all such text has, not ftfy's other encodings nor its statistics of likely characters: where the two
 * differ, it is in how much of a spoilt text they mend.
 */

/**
 * What Windows-1252 has at bytes 0x80 to 0x9F, where Latin-1 has controls; the five it leaves free stay controls.
 * Spelled out, since some versions of Node's TextDecoder give Latin-1 under that name.
 */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** A control from U+0080 to U+009F as the Windows-1252 character of that byte. */
export function windows1252Of(control: string): string {
  return WINDOWS_1252[control.charCodeAt(0) - 0x80] ?? control;
}

/** The byte each character stands for, in either encoding. */
const BYTE_OF = new Map<string, number>();
for (let byte = 0x80; byte <= 0xff; byte++) {
  const latin1 = String.fromCharCode(byte);
  BYTE_OF.set(latin1, byte);
  BYTE_OF.set(windows1252Of(latin1), byte);
}

/** Stands, where bytes are looked at as characters, for one that has no byte; itself above every byte. */
const NO_BYTE = '\u0100';

/** Runs of UTF-8's multi-byte sequences, a byte a character. */
const UTF8_RUN = /(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})+/g;

/** Text can have been spoilt more than once; more often than this, it stays as it is then. */
const MAX_TIMES_SPOILT = 4;

export function repairMojibake(text: string): string {
  let repaired = text;
  for (let time = 0; time < MAX_TIMES_SPOILT; time++) {
    const before = repaired;
    repaired = repairOnce(before);
    if (repaired === before) break;
  }
  return repaired;
}

function repairOnce(text: string): string {
  const characters = [...text];
  if (!characters.some((character) => BYTE_OF.has(character))) return text;
  const bytes = characters.map((character) => {
    const byte = BYTE_OF.get(character);
    if (byte !== undefined) return String.fromCharCode(byte);
    return character < '\x80' ? character : NO_BYTE;
  });
  const runs = [...bytes.join('').matchAll(UTF8_RUN)].map(({ 0: run, index }) => {
    const seen = characters.slice(index, index + run.length);
    return { run, index, seen, telling: isTelling(run, seen, characters[index + run.length] ?? '') };
  });
  // Where all of the text beyond ASCII is such runs and one of them is telling, all of them are spoilt.
  const beyondAscii = characters.filter((character) => character > '\x7f').length;
  const inRuns = runs.reduce((sum, { run }) => sum + run.length, 0);
  const allSpoilt = inRuns === beyondAscii && runs.some(({ telling }) => telling);

  let repaired = '';
  let at = 0;
  for (const { run, index, seen, telling } of runs) {
    const decoded = telling || allSpoilt ? decodeUtf8(run) : undefined;
    repaired += characters.slice(at, index).join('') + (decoded ?? seen.join(''));
    at = index + run.length;
  }
  return repaired + characters.slice(at).join('');
}

/**
 * Whether a run is more likely spoilt than meant. Longer runs are hardly ever meant, nor are controls. A pair alone
 * can be, as the É’ in JOSÉ’S. But Â and Ã, which begin the Latin letters and common signs, hardly ever stand before
 * the signs that they would need; nor do Ä Å Î Ï Ð Ñ, which begin the other European letters, unless it is
 * punctuation at the end of a word.
 */
function isTelling(run: string, seen: readonly string[], next: string): boolean {
  const [lead = '', sign = ''] = seen;
  if (run.length > 2 || lead === 'Â' || lead === 'Ã' || C1_CONTROL.test(sign)) return true;
  if (!'ÄÅÎÏÐÑ'.includes(lead) || sign === NO_BREAK_SPACE) return false;
  return !PUNCTUATION.test(sign) || LETTER.test(next);
}

const NO_BREAK_SPACE = '\u00a0';
const C1_CONTROL = /[\u0080-\u009f]/;
const PUNCTUATION = /[\p{P}®™°]/u;
const LETTER = /\p{L}/u;

function decodeUtf8(run: string): string | undefined {
  try {
    const bytes = Uint8Array.from(run, (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined; // surrogates or overlong forms: not UTF-8 after all
  }
}
