/**
 * How tokens make up the words a person typed: sub-word pieces joined, contractions, hyphenated compounds,
 * ordinals and numbers kept whole, other punctuation a word of its own. For showing what the network read and
 * which words it has never seen. Not a linguist's tokenizer, and nothing the network is fed depends on it.
 */

/** Consecutive tokens that make up what the tokenizer takes for one word. */
export interface Piece {
  readonly text: string;
  readonly tokenPositions: readonly number[];
}

export interface Word {
  /** As in the cleaned expression: lower case. */
  readonly text: string;
  /** Places in the ids, where the start token is 0. */
  readonly tokenPositions: number[];
  /** Whether the model has been trained on it, where the model says what it was trained on; else true. */
  readonly known: boolean;
}

/**
 * @param text the cleaned expression, for where its spaces are
 * @param knownWords lower case; punctuation needs not be in it
 */
export function wordsOf(
  pieces: readonly Piece[],
  text: string,
  knownWords: ReadonlySet<string> | undefined,
): Word[] {
  const placed = place(pieces, text);
  const words: Word[] = [];
  let from = 0;
  for (let i = 1; i <= placed.length; i++) {
    if (i < placed.length && joins(placed, i)) continue;
    const whole = placed.slice(from, i);
    const joined = whole.map((piece) => piece.text).join('');
    const tokenPositions = whole.flatMap((piece) => piece.tokenPositions);
    words.push({ text: joined, tokenPositions, known: isKnown(joined, knownWords) });
    from = i;
  }
  return words;
}

interface Placed extends Piece {
  /** No white space stands between it and the piece before it. */
  readonly attached: boolean;
}

function place(pieces: readonly Piece[], text: string): Placed[] {
  let at = 0;
  return pieces.map((piece) => {
    const attached = at > 0 && text.startsWith(piece.text, at);
    const found = text.indexOf(piece.text, at);
    if (found >= 0) at = found + piece.text.length;
    return { ...piece, attached };
  });
}

const LETTERS_OR_DIGITS = /^[\p{L}\p{N}\p{M}]/u;
const DIGITS = /^\p{N}+$/u;
const CONTRACTION = /^'(?:s|t|re|ve|m|ll|d)$/;

/** Whether piece `i` goes on with the word of the piece before it. */
function joins(pieces: readonly Placed[], i: number): boolean {
  const [before, piece, after] = [pieces[i - 1], pieces[i], pieces[i + 1]];
  if (before === undefined || piece === undefined || !piece.attached) return false;
  const isWord = LETTERS_OR_DIGITS.test(piece.text);
  if (LETTERS_OR_DIGITS.test(before.text) || CONTRACTION.test(before.text)) {
    if (isWord || CONTRACTION.test(piece.text)) return true;
    return after?.attached === true && isLink(before.text, piece.text, after.text);
  }
  const beforeThat = pieces[i - 2];
  return before.attached && beforeThat !== undefined && isLink(beforeThat.text, before.text, piece.text);
}

/** An apostrophe or hyphen inside a word, a point or comma inside a number. */
function isLink(before: string, link: string, after: string): boolean {
  if (link === "'" || link === '-') {
    return (LETTERS_OR_DIGITS.test(before) || CONTRACTION.test(before)) && LETTERS_OR_DIGITS.test(after);
  }
  return (link === '.' || link === ',') && DIGITS.test(before) && DIGITS.test(after);
}

/** Punctuation and the like, but not pictures: an emoji can be as unknown as a word. */
const NO_WORD = /[\p{P}\p{Sc}\p{Sk}\p{Sm}\p{Cf}]+/u;

function isKnown(word: string, knownWords: ReadonlySet<string> | undefined): boolean {
  if (knownWords === undefined || knownWords.has(word)) return true;
  const parts = word.replace(/'(?:s|t|re|ve|m|ll|d)$/, '').split(NO_WORD);
  return parts.every((part) => part === '' || knownWords.has(part));
}
