// ONNX graphs on onnxruntime-node with two threads, and what goes into them: exports with inputs made from their
// description, the project's own models through the very code that the command line runs.

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { folderReader, readManifest } from '../cli/folder-bundle.ts';
import { nodeRuntime } from '../cli/node-runtime.ts';
import { openTokenizer } from '../src/grounding/bundle-tokenizer.ts';
import { Grounder } from '../src/grounding/ground.ts';
import type { Preprocessed } from '../src/grounding/preprocess.ts';
import { preprocess } from '../src/grounding/preprocess.ts';
import { NATIVE_SESSION } from '../src/grounding/session.ts';
import type { Encoded } from '../src/grounding/tokenizer.ts';
import type { Precision } from '../src/hivg/precision.ts';
import type { ExportDescription, Size } from './artefacts.ts';
import { bundle } from './artefacts.ts';

/** The threads that every native measurement has. */
export const THREADS = 2;

/** A photo's usual shape, and an expression of usual length: what is measured where nothing else is said. */
export const USUAL = {
  width: 640,
  height: 480,
  expressions: ['the left dog', 'a red car behind the big tree'],
} as const;

export function openSession(path: string | Uint8Array, more: InferenceSession.SessionOptions = {}) {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: THREADS,
    // As the command line has it, and so for whatever is measured beside it.
    extra: { session: NATIVE_SESSION },
    ...more,
  };
  return typeof path === 'string'
    ? InferenceSession.create(path, options)
    : InferenceSession.create(path, options);
}

/** Inputs for an exported graph. */
export function feedsOf({ inputs }: ExportDescription): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape, fill }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const value = (index: number) => (typeof fill === 'object' ? (fill[index] ?? 0) : 1);
      const numbers =
        fill === 'normal' ? noise(count) : Float32Array.from({ length: count }, (_, i) => value(i));
      if (dtype === 'float32') return [name, new Tensor('float32', numbers, shape)];
      if (dtype === 'bool') return [name, new Tensor('bool', Uint8Array.from(numbers), shape)];
      return [
        name,
        new Tensor(
          'int64',
          BigInt64Array.from(numbers, (each) => BigInt(each)),
          shape,
        ),
      ];
    }),
  );
}

/** Numbers between −1.7 and 1.7, of variance 1, the same in every run. */
export function noise(count: number, seed = 1): Float32Array {
  const values = new Float32Array(count);
  let state = (seed * 0x9e3779b9) | 1;
  for (let i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (state / 2 ** 31) * Math.sqrt(3);
  }
  return values;
}

/** A picture of noise, as the network wants it. */
export function picture(grounder: Grounder, width: number, height: number, seed = 1): Preprocessed {
  const data = Uint8Array.from(noise(width * height * 3, seed), (value) => 128 + 60 * value);
  const { side, patch } = grounder.config;
  return preprocess({ width, height, data, channels: 3 }, side, patch);
}

export interface OpenModel {
  readonly grounder: Grounder;
  encode(expression: string): Encoded;
}

/** A model of the given size on the CPU. It remembers one expression, so that two in turn are both new. */
export async function openModel(size: Size, precision: Precision): Promise<OpenModel> {
  const folder = await bundle(size, precision);
  const manifest = await readManifest(folder);
  const tokenizer = await openTokenizer(folderReader(folder), manifest);
  const grounder = await Grounder.open(manifest, nodeRuntime(folder, { threads: THREADS }), precision, 1);
  return { grounder, encode: (expression) => tokenizer.encode(expression) };
}

/** Runs that ground `images` and `expressions` in turn: with two of each, both are new every time. */
export function groundings(
  { grounder }: OpenModel,
  images: readonly Preprocessed[],
  expressions: readonly Encoded[],
  { dense = false } = {},
): () => Promise<void> {
  let turn = 0;
  return async () => {
    const image = images[turn % images.length] as Preprocessed;
    const grounding = await grounder.ground(image, expressions[turn % expressions.length] as Encoded);
    if (dense) await grounding.dense();
    grounding.dispose();
    turn++;
  };
}
