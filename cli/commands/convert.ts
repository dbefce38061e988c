import { PRECISIONS, type Precision } from '../../src/hivg/precision.ts';
import { readArguments, readPictureKind, readPrecision } from '../arguments.ts';
import { convertToFolder } from '../convert-folder.ts';
import { CliError } from '../errors.ts';
import type { Command } from '../hivg.ts';
import { megabytes, ProgressLine, percent } from '../progress.ts';

/** What a bundle needs to run everywhere: WebGPU takes the first, wasm the second. */
const DEFAULT_PRECISIONS = 'q4,int8';

const HELP = `hivg convert CHECKPOINT --out DIR

Turns a HiVG checkpoint (best_checkpoint.pth, as the original's training writes it) into a bundle: quantised ONNX graphs,
tokenizer and manifest, ready for the page and for 'hivg ground'. The checkpoint is read, never executed.

  --out DIR            the bundle's folder; it must not exist yet
  --precision LIST     which of ${PRECISIONS.join(', ')}, with commas between (default: ${DEFAULT_PRECISIONS})
  --name NAME          the model's name (default: the folder's)
  --title TEXT         its name for people
  --licence TEXT       the licence of the weights (default: unspecified)
  --trained-on TEXT    what it was trained on, in words (default: the checkpoint's data set)
  --pictures KIND      what kind of pictures that was, drawings or photographs: of a model that has seen drawings alone
                       the page and 'hivg ground' say so (default: known for the paper's data sets, else not said)
  --clip-config FILE   CLIP's config.json, where its heads are not width / 64
  --tokenizer FILE     tokenizer.json, where the vocabulary is not CLIP's (default: the one beside the checkpoint)
  --skip-probe         don't measure each precision's error against fp32
  --help               this text
`;

export const convertCommand: Command = {
  summary: 'turn a PyTorch checkpoint into a bundle of quantised ONNX graphs',
  help: HELP,
  async run(args) {
    const { positionals, values } = readArguments(args, ['CHECKPOINT'], {
      out: { type: 'string' },
      precision: { type: 'string', default: DEFAULT_PRECISIONS },
      name: { type: 'string' },
      title: { type: 'string' },
      licence: { type: 'string' },
      'trained-on': { type: 'string' },
      pictures: { type: 'string' },
      'clip-config': { type: 'string' },
      tokenizer: { type: 'string' },
      'skip-probe': { type: 'boolean', default: false },
    });
    if (!values.out) throw new CliError('--out DIR is missing: where should the bundle go?');
    const precisions = parsePrecisions(values.precision);
    const pictures = values.pictures === undefined ? {} : { pictures: readPictureKind(values.pictures) };
    const line = new ProgressLine();
    try {
      const manifest = await convertToFolder({
        checkpoint: positionals[0] as string,
        out: values.out,
        precisions,
        skipProbe: values['skip-probe'],
        ...pictures,
        ...given({
          name: values.name,
          title: values.title,
          licence: values.licence,
          trainedOn: values['trained-on'],
          clipConfig: values['clip-config'],
          tokenizer: values.tokenizer,
        }),
        onHash: (read, total) =>
          line.show(`Reading the checkpoint: ${percent(read, total)} of ${megabytes(total)}`),
        onWrite: (precision, file, written, total) =>
          line.show(`Writing ${precision}: ${percent(written, total)} of ${megabytes(total)} (${file})`),
        onProbe: (precision, activation) =>
          line.show(`Measuring ${precision} (${activation}) against fp32 …`),
      });
      line.clear();
      process.stdout.write(`${values.out}: ${manifest.name}, ${manifest.architecture.model}\n`);
      for (const [precision, entry] of Object.entries(manifest.precisions)) {
        const errors = entry.error?.float32 ?? entry.error?.float16;
        const box = errors?.box;
        const words = box === undefined ? '' : `, box within ${box} of fp32's on the probes`;
        process.stdout.write(`  ${precision}: ${megabytes(entry.bytes)}${words}\n`);
      }
    } finally {
      line.clear();
    }
  },
};

function parsePrecisions(list: string): Precision[] {
  const names = list.split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== '').map(readPrecision))];
}

/** The options that were given; an absent one stays absent. */
function given<T extends Record<string, string | undefined>>(options: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };
}
