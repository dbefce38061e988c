import { PreTrainedTokenizer } from '@xenova/transformers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClipTokenizerJson } from './clip-tokenizer-json.ts';
import { CLIP_VOCABULARY, clipTokenizerJson } from './clip-tokenizer-json.ts';
import { cleanExpression } from './expression-text.ts';
import { readFixtureJson } from './testing/fixture-files.ts';
import type { Tokenizer } from './tokenizer.ts';
import { createTokenizer } from './tokenizer.ts';

const CONTEXT = 77;
const reference = await readFixtureJson<{ text: string; ids: number[] }[]>('tokens.json');

let json: ClipTokenizerJson;
let clip: Tokenizer;
beforeAll(async () => {
  // Through text, since a bundle holds it as a file.
  json = JSON.parse(JSON.stringify(await clipTokenizerJson())) as ClipTokenizerJson;
  clip = createTokenizer(json, CONTEXT);
});

describe('token ids', () => {
  it('has all texts of the reference', () => {
    expect(reference.length).toBe(198);
  });

  it.each(reference)('of $text are the original’s', ({ text, ids }) => {
    expect(clip.encode(text).ids).toEqual(ids);
  });

  it('are those of the whole @xenova/transformers tokenizer', () => {
    const whole = new PreTrainedTokenizer(json, {});
    for (const { text } of reference) {
      const cleaned = cleanExpression(text);
      const { ids, cut } = clip.encode(text);
      const expected: number[] = whole.encode(cleaned);
      expect(cut ? ids.slice(0, -1) : ids).toEqual(cut ? expected.slice(0, CONTEXT - 1) : expected);
    }
  });

  it('are padded with 0, and masked where they are 0', () => {
    const { ids, padded, masked, endPosition } = clip.encode('the left dog');
    expect(padded.length).toBe(CONTEXT);
    expect([...padded.subarray(0, ids.length)]).toEqual(ids);
    expect(padded.subarray(ids.length).every((id) => id === 0)).toBe(true);
    expect([...masked].lastIndexOf(0)).toBe(ids.length - 1);
    expect(endPosition).toBe(ids.length - 1);
  });

  it('mask an exclamation mark in mid-word as the original does', () => {
    // no merge begins with "!" and a control, so the mark stands alone though it ends no word
    const { ids, masked } = clip.encode('a !\u200b b');
    expect(ids.indexOf(0)).toBeGreaterThan(0);
    expect(masked[ids.indexOf(0)]).toBe(1);
  });

  it('end early where the expression itself holds an end token', () => {
    expect(clip.encode('left <|endoftext|> dog').endPosition).toBe(2);
  });

  it.each(['a '.repeat(75), 'a '.repeat(76), 'dog '.repeat(500), 'x'.repeat(300_000), '! '.repeat(1e5)])(
    'never exceed the context (case %#)',
    (text) => {
      const { ids, cut, padded, tokens } = clip.encode(text);
      expect(ids.length).toBeLessThanOrEqual(CONTEXT);
      expect(ids.at(-1)).toBe(CLIP_VOCABULARY - 1);
      expect(cut).toBe(text.length > 150);
      expect(padded.length).toBe(CONTEXT);
      expect(tokens.length).toBe(ids.length);
    },
  );
});

describe('words', () => {
  const wordsIn = (text: string): string[] => clip.encode(text).words.map((word) => word.text);

  it.each([
    ['The LEFT dog', ['the', 'left', 'dog']],
    ['man in a hat!', ['man', 'in', 'a', 'hat', '!']],
    ['supercalifragilistic giraffe', ['supercalifragilistic', 'giraffe']],
    ["don't pick the kid's toy", ["don't", 'pick', 'the', "kid's", 'toy']],
    ["8 o'clock", ['8', "o'clock"]],
    ['the 2nd, left-most toy-truck', ['the', '2nd', ',', 'left-most', 'toy-truck']],
    ['100,000 at 3.5 each.', ['100,000', 'at', '3.5', 'each', '.']],
    ['left - right', ['left', '-', 'right']],
    ['red/blue (car)', ['red', '/', 'blue', '(', 'car', ')']],
    ['café 日本の犬 🐶', ['café', '日本の犬', '🐶']],
    ['dog dog', ['dog', 'dog']],
    ['', []],
  ])('of %s', (text, expected) => {
    expect(wordsIn(text)).toEqual(expected);
  });

  it('share out every token but the first and the last', () => {
    for (const { text } of reference) {
      const { ids, words, tokens } = clip.encode(text);
      const positions = words.flatMap((word) => word.tokenPositions);
      expect(positions).toEqual(Array.from({ length: ids.length - 2 }, (_, i) => i + 1));
      for (const [at, token] of tokens.entries()) {
        const inside = at > 0 && at < ids.length - 1;
        expect(token.word === null).toBe(!inside);
        if (token.word !== null) expect(words[token.word]?.tokenPositions).toContain(at);
      }
    }
  });

  it('leave out what was cut away', () => {
    const { words, cut } = clip.encode('dog '.repeat(100));
    expect(cut).toBe(true);
    expect(words.length).toBe(CONTEXT - 2);
  });

  it('are unknown where the model has not been trained on them', () => {
    const known = new Set(['the', 'left', 'most', 'dog', '2nd']);
    const { words } = createTokenizer(json, CONTEXT, known).encode(
      "The 2nd left-most zebra, dog's left-hand 🦓!",
    );
    expect(words.filter((word) => !word.known).map((word) => word.text)).toEqual([
      'zebra',
      'left-hand',
      '🦓!',
    ]);
  });

  it('are all known where the model does not say', () => {
    expect(clip.encode('zebra qwertz').words.every((word) => word.known)).toBe(true);
  });
});

describe('other vocabularies', () => {
  /** CLIP's bytes and a few merges: the kind of file a small model brings. */
  const small = () => {
    const tokens = Object.entries(json.model.vocab).filter(([, id]) => id < 512);
    const merges = ['d o', 'do g</w>', 'c a', 'ca t</w>'];
    const added = merges.map((merge) => merge.replace(' ', ''));
    const vocab = Object.fromEntries([
      ...tokens,
      ...[...added, '<|startoftext|>', '<|endoftext|>'].map((token, i) => [token, 512 + i] as const),
    ]);
    return {
      ...json,
      added_tokens: json.added_tokens.map((token) => ({ ...token, id: vocab[token.content] })),
      post_processor: {
        type: 'RobertaProcessing',
        cls: ['<|startoftext|>', 516],
        sep: ['<|endoftext|>', 517],
        trim_offsets: false,
        add_prefix_space: false,
      },
      model: { ...json.model, vocab, merges },
    };
  };

  it('are served by the same code, with their own context', () => {
    const tokenizer = createTokenizer(small(), 8);
    expect(tokenizer.contextLength).toBe(8);
    const { ids, words } = tokenizer.encode('Dog cat ox');
    expect(ids.slice(0, 3)).toEqual([516, 513, 515]);
    expect(ids.length).toBe(6);
    expect(words.map((word) => word.tokenPositions)).toEqual([[1], [2], [3, 4]]);
    expect(tokenizer.encode('cat '.repeat(9)).ids).toEqual([516, 515, 515, 515, 515, 515, 515, 517]);
  });

  it.each([
    ['nothing', null],
    ['a list', []],
    ['another kind of model', { model: { type: 'WordPiece', vocab: {} } }],
    ['a model without merges', { model: { type: 'BPE', end_of_word_suffix: '</w>' } }],
  ])('are refused: %s', (_, file) => {
    expect(() => createTokenizer(file, CONTEXT)).toThrow(expect.objectContaining({ code: 'tokenizer-file' }));
  });

  it('are refused where start and end are not the highest ids', () => {
    const file = small();
    file.model = { ...file.model, vocab: { ...file.model.vocab, extra: 518 } };
    expect(() => createTokenizer(file, CONTEXT)).toThrow(expect.objectContaining({ code: 'tokenizer-file' }));
  });

  it.each([0, 1, 2.5, Number.NaN, 1e9])('are refused a context of %d', (context) => {
    expect(() => createTokenizer(json, context)).toThrow(expect.objectContaining({ code: 'context-length' }));
  });
});
