import { writeFile } from 'node:fs/promises';
import type { Manifest } from '../../src/grounding/bundle.ts';
import { openTokenizer } from '../../src/grounding/bundle-tokenizer.ts';
import type { Grounding } from '../../src/grounding/ground.ts';
import { Grounder } from '../../src/grounding/ground.ts';
import type { Preprocessed } from '../../src/grounding/preprocess.ts';
import { preprocess } from '../../src/grounding/preprocess.ts';
import type { SafetensorsTensor } from '../../src/grounding/safetensors.ts';
import { writeSafetensors } from '../../src/grounding/safetensors.ts';
import type { Encoded } from '../../src/grounding/tokenizer.ts';
import { readArguments, readPrecision } from '../arguments.ts';
import { CliError } from '../errors.ts';
import { folderReader, readManifest } from '../folder-bundle.ts';
import type { Command } from '../hivg.ts';
import { readImage } from '../image.ts';
import { nodeRuntime } from '../node-runtime.ts';

const HELP = `hivg ground IMAGE "EXPRESSION" --model DIR

Finds the thing that a referring expression names in an image.

  --model DIR       a bundle's folder (made by 'hivg convert')
  --precision P     which of the bundle's precisions (default: the most exact one that it has)
  --json            print one JSON object: box (pixels of the image), boxInFrame (cx cy w h, fractions of the padded
                    square), tokens, precision, provider, timings (ms)
  --dump FILE       also write everything the network gives, as safetensors: ids, patch_mask, box, logit,
                    reg_attention, reg_rollout, cls_attention, word_attention, token_similarity, mask_logits
  --help            this text
`;

export const groundCommand: Command = {
  summary: 'find what an expression names in an image',
  help: HELP,
  async run(args) {
    const { positionals, values } = readArguments(args, ['IMAGE', 'EXPRESSION'], {
      model: { type: 'string' },
      precision: { type: 'string' },
      json: { type: 'boolean', default: false },
      dump: { type: 'string' },
    });
    const [imagePath, expression] = positionals as [string, string];
    if (!values.model) throw new CliError('--model DIR is missing: which bundle should answer?');
    if (expression.trim() === '') throw new CliError('The expression is empty: say what to look for.');
    const wanted = values.precision === undefined ? 'auto' : readPrecision(values.precision);
    const manifest = await readManifest(values.model);
    const decodeStart = performance.now();
    const image = await readImage(imagePath);
    const resizeStart = performance.now();
    const prepared = preprocess(image, manifest.architecture.side, manifest.architecture.patch);
    const resizeEnd = performance.now();
    const encoded = (await openTokenizer(folderReader(values.model), manifest)).encode(expression);
    const grounder = await Grounder.open(manifest, nodeRuntime(values.model), wanted);
    try {
      const start = performance.now();
      const grounding = await grounder.ground(prepared, encoded);
      const total = performance.now() - start;
      if (values.dump) await dump(values.dump, manifest, prepared, encoded, grounding);
      const { patches, text, image: imageMs, readBack } = grounding.timings;
      const timings = {
        decode: resizeStart - decodeStart,
        resize: resizeEnd - resizeStart,
        patches,
        text,
        image: imageMs,
        readBack,
        total,
      };
      warn(encoded, expression, manifest);
      print(values.json, grounding, encoded, grounder, timings);
      grounding.dispose();
    } finally {
      await grounder.release();
    }
  },
};

function print(
  json: boolean,
  grounding: Grounding,
  encoded: Encoded,
  grounder: Grounder,
  timings: Record<string, number>,
) {
  const { box, boxInFrame } = grounding;
  if (json) {
    const rounded = Object.fromEntries(
      Object.entries(timings).map(([part, ms]) => [part, Math.round(ms * 100) / 100]),
    );
    const { precision, provider } = grounder;
    const result = { box, boxInFrame, tokens: encoded.ids, precision, provider, timings: rounded };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const corners = [box.x1, box.y1, box.x2, box.y2].map((value) => value.toFixed(1));
  process.stdout.write(
    `${corners.join(' ')}   (x1 y1 x2 y2 in pixels; ${Math.round(timings.total ?? 0)} ms)\n`,
  );
}

/** What to doubt about the answer, on stderr. */
function warn(encoded: Encoded, expression: string, { name, title, pictures }: Manifest): void {
  if (pictures === 'drawings') {
    process.stderr.write(
      `${title ?? name} was trained on drawings: on a photograph its box is likely to be wrong. For photographs, convert a full-size checkpoint ('hivg convert --help') and name its folder with --model.\n`,
    );
  }
  const unknown = encoded.words.filter((word) => !word.known).map((word) => `'${word.text}'`);
  if (unknown.length > 0)
    process.stderr.write(`The model has never seen ${[...new Set(unknown)].join(', ')}.\n`);
  if (encoded.cut) {
    process.stderr.write(
      `The expression is longer than the model reads; it was cut after '${lastWord(encoded) ?? expression}'.\n`,
    );
  }
}

function lastWord(encoded: Encoded): string | undefined {
  return encoded.words.at(-1)?.text;
}

/** Everything one grounding gives, under the names of the reference outputs. */
async function dump(
  path: string,
  manifest: Manifest,
  prepared: Preprocessed,
  encoded: Encoded,
  grounding: Grounding,
): Promise<void> {
  const { regRollout, tokenSimilarity, maskLogits } = await grounding.dense();
  const floats = (data: Float32Array, shape: readonly number[]): SafetensorsTensor => ({
    dtype: 'F32',
    shape: [...shape],
    data,
  });
  const tensors: [string, SafetensorsTensor][] = [
    ['ids', { dtype: 'I32', shape: [encoded.padded.length], data: encoded.padded }],
    ['patch_mask', { dtype: 'U8', shape: [prepared.patchMask.length], data: prepared.patchMask }],
    ['box', floats(Float32Array.from(grounding.boxInFrame), [4])],
    ['logit', floats(Float32Array.of(grounding.logit), [1])],
    ['reg_attention', floats(grounding.regAttention.data, grounding.regAttention.shape)],
    ['reg_rollout', floats(regRollout.data, regRollout.shape)],
  ];
  const cls = await grounding.clsAttention();
  tensors.push(['cls_attention', floats(cls.data, cls.shape)]);
  if (manifest.architecture.bridgedLayers.length > 0) {
    const words = await grounding.wordAttention();
    tensors.push(['word_attention', floats(words.data, words.shape)]);
  }
  tensors.push(['token_similarity', floats(tokenSimilarity.data, tokenSimilarity.shape)]);
  tensors.push(['mask_logits', floats(maskLogits.data, maskLogits.shape)]);
  await writeFile(path, writeSafetensors(tensors));
}
