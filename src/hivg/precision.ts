// How weights are stored and in what type the network computes. A precision is what a bundle offers and a user picks;
// each has one set of weight files, and for every activation type it can run in a set of graphs over the same files.

import type { WeightFile } from '../onnx/external-data.ts';

/** `int8` quantises activations as they come and is for CPUs; `q4` and `q8` are block-wise. */
export const PRECISIONS = ['fp32', 'fp16', 'q8', 'q4', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** The element type in which a graph computes between its weights. */
export type Activation = 'float32' | 'float16';

/**
 * Activation types per precision. Block-quantised weights serve both: graphs in float16 for GPUs with `shader-f16`,
 * in float32 for the rest. `int8` quantises activations on the fly (DynamicQuantizeMatMul), which only CPUs do.
 */
export const ACTIVATIONS: Readonly<Record<Precision, readonly Activation[]>> = {
  fp32: ['float32'],
  fp16: ['float16'],
  q8: ['float32', 'float16'],
  q4: ['float32', 'float16'],
  int8: ['float32'],
};

export function isPrecision(name: string): name is Precision {
  return (PRECISIONS as readonly string[]).includes(name);
}

/** The graphs of a network, cut where inputs change: words, pixels, both, and what is dear and not needed for the box. */
export const GRAPHS = ['text', 'patches', 'image', 'dense'] as const;
export type GraphName = (typeof GRAPHS)[number];

/** Where a graph's weights go: its own file, and files of graphs before it whose weights it may share. */
export interface WeightFiles {
  readonly own: WeightFile;
  readonly shared: readonly WeightFile[];
}
