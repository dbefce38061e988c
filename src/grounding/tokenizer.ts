/**
 * From a referring expression to token ids, as the original tokenises it: cleaned, lower-cased, CLIP's byte-pair
 * encoding, start and end token, cut to the network's context with the end token last, padded with 0. The
 * byte-pair encoding is Hugging Face's, the tokenizer that `@xenova/transformers` builds its own on; that package's
 * wrapper brings all its models and a second runtime along, which this does not. Not here: where the
 * tokenizer.json comes from (a bundle).
 */

import { Tokenizer as BytePairTokenizer } from '@huggingface/tokenizers';
import { GroundingInputError } from './errors.ts';
import { cleanExpression } from './expression-text.ts';
import type { Piece, Word } from './words.ts';
import { wordsOf } from './words.ts';

export interface Token {
  readonly id: number;
  /** The characters it stands for; a replacement character where it holds only a part of one. */
  readonly text: string;
  /** The word of `words` it belongs to; null for the start and the end token. */
  readonly word: number | null;
}

export interface Encoded {
  /** Start … end, cut at the context length, not padded. */
  readonly ids: number[];
  /** `[contextLength]`, padded with 0. */
  readonly padded: Int32Array;
  /** Place of the highest id, the first of equals: where the network reads the sentence. */
  readonly endPosition: number;
  /** `[contextLength]`, 1 where the padded id is 0: on padding, and on an "!" in mid-word, whose id is 0 too. */
  readonly masked: Uint8Array;
  /** As `ids`. */
  readonly tokens: readonly Token[];
  /** Words of which at least one token is in `ids`, in order. */
  readonly words: readonly Word[];
  /** Whether the expression was too long and lost its end. */
  readonly cut: boolean;
}

export interface Tokenizer {
  readonly contextLength: number;
  encode(expression: string): Encoded;
}

/** Longer contexts than any network of this kind has (CLIP's is 77) come of a broken manifest. */
const MAX_CONTEXT = 4_096;
/**
 * Characters of an expression that are looked at: some hundred times what fits a context, so that what is kept does
 * not depend on it, but a pasted book does not hold the worker up.
 */
const MAX_CHARACTERS = 20_000;
const WORD_END = '</w>';

/**
 * @param tokenizerJson a parsed tokenizer.json in Hugging Face form: byte-level BPE with `</w>` at the end of a word,
 *   whose two highest ids are the start and the end token
 * @param contextLength tokens the network takes, start and end included
 * @param knownWords the words the model was trained on, lower case; left out, every word counts as known
 * @throws GroundingInputError `tokenizer-file` or `context-length`
 */
export function createTokenizer(
  tokenizerJson: unknown,
  contextLength: number,
  knownWords?: ReadonlySet<string>,
): Tokenizer {
  if (!Number.isInteger(contextLength) || contextLength < 2 || contextLength > MAX_CONTEXT) {
    throw new GroundingInputError(
      'context-length',
      `A context of ${contextLength} tokens can't hold an expression; it must be from 2 to ${MAX_CONTEXT}.`,
    );
  }
  const bytePairs = bytePairTokenizer(tokenizerJson);
  return {
    contextLength,
    encode: (expression) => encode(bytePairs, expression, contextLength, knownWords),
  };
}

function bytePairTokenizer(json: unknown): BytePairTokenizer {
  if (typeof json !== 'object' || json === null || !isBytePairModel((json as { model?: unknown }).model)) {
    throw new GroundingInputError('tokenizer-file', 'The tokenizer.json holds no byte-pair encoding.');
  }
  let bytePairs: BytePairTokenizer;
  let ids: number[];
  try {
    bytePairs = new BytePairTokenizer(json, { clean_up_tokenization_spaces: false });
    ids = bytePairs.encode('').ids;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GroundingInputError('tokenizer-file', `The tokenizer.json can't be used: ${reason}`);
  }
  const highest = bytePairs.get_vocab().size - 1;
  if (ids.length !== 2 || ids[0] !== highest - 1 || ids[1] !== highest) {
    throw new GroundingInputError(
      'tokenizer-file',
      `The tokenizer.json makes [${ids}] of an empty expression; [${highest - 1},${highest}] is needed.`,
    );
  }
  return bytePairs;
}

function isBytePairModel(model: unknown): boolean {
  if (typeof model !== 'object' || model === null) return false;
  const { type, end_of_word_suffix } = model as { type?: unknown; end_of_word_suffix?: unknown };
  return type === 'BPE' && end_of_word_suffix === WORD_END;
}

function encode(
  bytePairs: BytePairTokenizer,
  expression: string,
  contextLength: number,
  knownWords: ReadonlySet<string> | undefined,
): Encoded {
  const text = cleanExpression(expression.slice(0, MAX_CHARACTERS));
  const { ids: all, tokens: symbols } = bytePairs.encode(text);
  const tooLong = all.length > contextLength;
  const ids = tooLong ? [...all.slice(0, contextLength - 1), all.at(-1) as number] : all;

  const padded = new Int32Array(contextLength);
  padded.set(ids);
  const textOf = (these: readonly number[]): string => bytePairs.decode([...these]).trim();
  const words = wordsOf(piecesOf(all, symbols, textOf), text, knownWords)
    .map((word) => ({ ...word, tokenPositions: word.tokenPositions.filter((at) => at < ids.length - 1) }))
    .filter(({ tokenPositions }) => tokenPositions.length > 0);
  const wordAt = new Map(words.flatMap(({ tokenPositions }, word) => tokenPositions.map((at) => [at, word])));
  return {
    ids,
    padded,
    endPosition: ids.indexOf(Math.max(...ids)),
    masked: Uint8Array.from(padded, (id) => (id === 0 ? 1 : 0)),
    tokens: ids.map((id, at) => ({ id, text: textOf([id]), word: wordAt.get(at) ?? null })),
    words,
    cut: tooLong || expression.length > MAX_CHARACTERS,
  };
}

/** Groups tokens, less the start and end token, up to each that ends a word. */
function piecesOf(
  ids: readonly number[],
  symbols: readonly string[],
  textOf: (ids: readonly number[]) => string,
): Piece[] {
  const pieces: Piece[] = [];
  let positions: number[] = [];
  for (let at = 1; at < ids.length - 1; at++) {
    positions.push(at);
    const isLast = at === ids.length - 2;
    // A special token typed as text has no end-of-word mark and is a word of its own.
    const endsWord = symbols[at]?.endsWith(WORD_END) === true || symbols[at]?.startsWith('<|') === true;
    if (endsWord || isLast) {
      pieces.push({ text: textOf(positions.map((i) => ids[i] as number)), tokenPositions: positions });
      positions = [];
    }
  }
  return pieces;
}
