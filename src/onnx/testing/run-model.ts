// For tests only: runs a model on ONNX Runtime for Node, from memory or from a folder with its weight files, and makes
// the numbers they run on. Shapes that a model declares and ONNX Runtime infers differently make loading fail.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import * as ort from 'onnxruntime-node';
import type { WeightFile } from '../external-data.ts';
import { float16ToFloat32 } from '../float16.ts';

const OPTIONS: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  logSeverityLevel: 3,
  extra: { session: { strict_shape_type_inference: '1' } },
};

export const MODEL_FILE = 'model.onnx';

export type Feeds = Readonly<Record<string, ort.Tensor>>;

export interface Output {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** Loads `model`, beside its weight files if it has any, runs it once and gives its outputs by name. */
export async function runModel(
  model: Uint8Array,
  feeds: Feeds,
  weightFiles: readonly WeightFile[] = [],
  options: ort.InferenceSession.SessionOptions = {},
): Promise<(name: string) => Output> {
  return runSession(model, weightFiles, feeds, (folder) =>
    ort.InferenceSession.create(join(folder, MODEL_FILE), { ...OPTIONS, ...options }),
  );
}

/** The same with a session that is made by the caller, of `MODEL_FILE` in the folder that it is given. */
export async function runSession(
  model: Uint8Array,
  weightFiles: readonly WeightFile[],
  feeds: Feeds,
  create: (folder: string) => Promise<InferenceSession>,
): Promise<(name: string) => Output> {
  const folder = await mkdtemp(join(tmpdir(), 'hivg-onnx-'));
  try {
    await writeFile(join(folder, MODEL_FILE), model);
    for (const file of weightFiles) await writeFile(join(folder, file.fileName), await collect(file));
    const session = await create(folder);
    try {
      const outputs = await session.run({ ...feeds });
      return (name) => {
        const tensor = outputs[name];
        if (tensor === undefined)
          throw new Error(`no output "${name}" among ${session.outputNames.join(', ')}`);
        return { dims: tensor.dims, values: valuesOf(tensor) };
      };
    } finally {
      await session.release();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

function valuesOf(tensor: Tensor): number[] {
  // Halves come as their bits, or as Float16Array where the engine has it.
  if (tensor.data instanceof Uint16Array && tensor.type === 'float16')
    return [...float16ToFloat32(tensor.data)];
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** All bytes of a weight file. */
export async function collect(file: WeightFile): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await file.write(async (bytes) => {
    parts.push(bytes.slice());
  });
  return Buffer.concat(parts);
}

export function float32(data: ArrayLike<number>, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.from(data), shape);
}

export function int64(data: readonly number[], shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(data.map(BigInt)), shape);
}

/** Seeded numbers, roughly normal: the sum of four uniform ones, of variance `scale`². */
export function randomNormal(count: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const spread = scale * Math.sqrt(3);
  return Float32Array.from({ length: count }, () => (uniform() + uniform() + uniform() + uniform()) * spread);
}

/** x [m, k] · weightᵀ, weight [n, k], plus bias [n]: a linear layer, in double precision. */
export function linear(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  m: number,
  n: number,
  k: number,
  bias?: ArrayLike<number>,
): Float64Array {
  const y = new Float64Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let col = 0; col < n; col++) {
      let sum = bias?.[col] ?? 0;
      for (let i = 0; i < k; i++) sum += (x[row * k + i] as number) * (weight[col * k + i] as number);
      y[row * n + col] = sum;
    }
  }
  return y;
}

/** The largest difference of two equally long lists; infinite where one is not a number. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Root of mean squared error over root of mean square. */
export function relativeError(approximate: ArrayLike<number>, exact: ArrayLike<number>): number {
  let error = 0;
  let energy = 0;
  for (let i = 0; i < exact.length; i++) {
    error += ((approximate[i] as number) - (exact[i] as number)) ** 2;
    energy += (exact[i] as number) ** 2;
  }
  return Math.sqrt(error / energy);
}
