/** A complete checkpoint of a very small network, in memory, for tests that then spoil it. */

import type { StoredTensor } from '../checkpoint.ts';
import type { CheckpointArgs, HivgConfig } from '../config.ts';
import { expectedTensors } from '../keys.ts';
import type { LazyTensor } from '../lazy-tensor.ts';

export const TINY: HivgConfig = {
  model: 'mini',
  dataset: 'scenes',
  side: 16,
  patch: 8,
  grid: 2,
  vision: { width: 64, layers: 2, heads: 1, mlp: 8 },
  text: { width: 64, layers: 2, heads: 1, mlp: 8, vocabulary: 11, context: 5 },
  projection: 8,
  bridgedLayers: [0],
  visionStates: [1, 2],
  textStates: [2],
  mixup: false,
  adaptiveWeights: true,
  grounding: { width: 8, layers: 1, heads: 2, mlp: 12, normalizeBefore: true },
  tokenMlp: 10,
};

export function tinyArgs(changes: Record<string, unknown> = {}): CheckpointArgs {
  return new Map<string, unknown>(
    Object.entries({
      model: TINY.model,
      dataset: TINY.dataset,
      imsize: TINY.side,
      vl_nheads: 2,
      normalize_before: true,
      enable_adaptive_weights: true,
      bridged_layers: TINY.bridgedLayers,
      vision_states: TINY.visionStates,
      text_states: TINY.textStates,
      ...changes,
    }),
  );
}

export function tinyModel(): Map<string, StoredTensor> {
  return new Map([...expectedTensors(TINY)].map(([name, { shape }]) => [name, stored(shape)]));
}

/** Values 0, 1, 2 … unless given. */
export function stored(shape: readonly number[], values?: readonly number[]): StoredTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from(values ?? Array.from({ length: count }, (_, index) => index));
  return { shape, readFloat32: async () => data.slice() };
}

export function lazy(shape: readonly number[], values: readonly number[]): LazyTensor {
  return { shape, load: async () => Float32Array.from(values) };
}
