/**
 * Cleans a referring expression before it is tokenised, as the original does (`models/clip/simple_tokenizer.py`:
 * ftfy's `fix_text`, HTML unescaped twice, white space collapsed, lower case). What ftfy does to text a person
 * may type or paste is done here by its documented rules; of its repairs of wrong encodings, only the common one
 * (`mojibake.ts`). Not here: splitting into tokens.
 */

import { decodeHTML, decodeHTMLStrict } from 'entities';
import { repairMojibake, windows1252Of } from './mojibake.ts';

/** Each repair can uncover another; text spoilt more often than this stays as it is then. */
const MAX_PASSES = 8;

/** @returns the cleaned expression: lower case, single spaces, none at the ends */
export function cleanExpression(expression: string): string {
  const fixed = fixText(expression);
  return decodeHTML(decodeHTML(fixed)).replace(/\s+/g, ' ').trim().toLowerCase();
}

function fixText(original: string): string {
  // ftfy leaves entities alone where there may be markup; the unescaping after it does not.
  const mayBeMarkup = original.includes('<');
  let text = original;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = text;
    if (!mayBeMarkup) text = unescapeWholeEntities(text);
    text = fixCharacters(repairMojibake(text));
    if (text === before) break;
  }
  return text;
}

/** Only entities closed by a semicolon; besides HTML's own names, those written all in capitals. */
function unescapeWholeEntities(text: string): string {
  return text.replace(/&#?[0-9a-z]{1,24};/gi, (entity) => {
    const decoded = decodeHTMLStrict(entity);
    if (decoded !== entity || entity !== entity.toUpperCase()) return decoded;
    const inCapitals = decodeHTMLStrict(entity.toLowerCase());
    return inCapitals === entity.toLowerCase() ? entity : inCapitals.toUpperCase();
  });
}

function fixCharacters(text: string): string {
  return text
    .replace(C1_CONTROLS, windows1252Of)
    .replace(LATIN_LIGATURES, (ligature) => LIGATURE_PARTS.get(ligature) ?? ligature.normalize('NFKC'))
    .replace(OTHER_WIDTHS, (character) => character.normalize('NFKC'))
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(TERMINAL_ESCAPES, '')
    .replace(INVISIBLE_CONTROLS, '')
    .normalize('NFC');
}

/** Never meant: read as the Windows-1252 characters of those bytes, as HTML reads them. */
const C1_CONTROLS = /[\x80-\x9f]/g;
const LATIN_LIGATURES = /[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06]/g;
/** Where ftfy's replacement is not the one of Unicode's compatibility form. */
const LIGATURE_PARTS = new Map([['\ufb05', '\u017ft']]);
/** The ideographic space, full-width Latin, half-width katakana and hangul. */
const OTHER_WIDTHS = /[\u3000\uff01-\uffef]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is the escape character that is looked for
const TERMINAL_ESCAPES = /\u001b\[[\d;]*[a-zA-Z]/g;
/** Controls that are not white space, deprecated format characters, the byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is controls that are looked for
const INVISIBLE_CONTROLS = /[\u0000-\u0008\u000b\u000e-\u001f\u007f\u206a-\u206f\ufff9-\ufffc\ufeff]/g;
