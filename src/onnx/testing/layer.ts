// For tests only: a model of one layer whose weights lie in a weight file, for whichever build of the runtime.

import { WeightFile } from '../external-data.ts';
import { GraphBuilder } from '../graph.ts';
import { quantiseColumnsInt8 } from '../quantise-int8.ts';
import { bytesOf } from '../tensor-bytes.ts';
import type { OnnxDtype } from '../types.ts';

export type LayerWeight = readonly [OnnxDtype, readonly number[], ArrayBufferView];

/** x float32 [m, k] → y float32 [m, n] by one node of com.microsoft, and the file `weights.bin` that belongs beside it. */
export function layerModel(
  op: string,
  [m, n, k]: readonly [number, number, number],
  weights: readonly LayerWeight[],
  attributes: Record<string, { int: number }> = {},
): { model: Uint8Array<ArrayBuffer>; file: WeightFile } {
  const file = new WeightFile('weights.bin');
  const graph = new GraphBuilder('layer');
  const values = weights.map(([dtype, shape, data], i) =>
    graph.weight(file.add({ name: `w${i}`, dtype, shape, encode: async () => bytesOf(data) })),
  );
  const inputs = [graph.input('x', 'float32', [m, k]), ...values];
  const [y] = graph.node(op, inputs, [{ dtype: 'float32', shape: [m, n] }], attributes, 'com.microsoft');
  graph.output(y, 'y');
  return { model: graph.build(), file };
}

/** Weights of DynamicQuantizeMatMul that are all 1, so that every code is the largest. */
export function largestInt8(n: number, k: number): LayerWeight[] {
  const { quantised, scales } = quantiseColumnsInt8(new Float32Array(n * k).fill(1), n, k);
  return [
    ['int8', [k, n], quantised],
    ['float32', [n], scales],
  ];
}
