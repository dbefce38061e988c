// Inputs for a model's graphs by themselves: numbers of the right shapes, a 4:3 image's padding, an expression of
// usual length. What they mean does not matter: a graph's time does not depend on it.

import { patchInputs as namesOfPatches } from '../../src/grounding/graph-outputs.ts';
import type { StartedGraph } from '../../src/grounding/ground.ts';
import type { HivgConfig } from '../../src/hivg/config.ts';
import { NAMES } from '../../src/hivg/graphs.ts';

export interface GraphInput {
  readonly name: string;
  readonly type: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** Everything that a graph takes. */
export function inputsOf(graph: StartedGraph, config: HivgConfig): GraphInput[] {
  switch (graph) {
    case 'text':
      return textInputs(config);
    case 'patches':
      return [floats(NAMES.pixels, 1, 3, config.side, config.side)];
    case 'image':
      return [...placeInputs(config), ...patchInputs(config), ...wordInputs(config)];
  }
}

/** Patches of a 4:3 image that are not padding, as a share of the grid's, and words of a usual expression. */
const SHOWN = 0.75;
const WORDS = 8;

function textInputs({ text }: HivgConfig): GraphInput[] {
  const ids = Array.from({ length: text.context }, (_, i) => (i < WORDS ? 1 + i : 0));
  return [ints(NAMES.ids, ids, 1, text.context), ints(NAMES.end, [WORDS - 1], 1)];
}

/** The image graph's input that no graph gives. */
export function placeInputs({ grid }: HivgConfig): GraphInput[] {
  const places = [
    ...Array.from({ length: 2 + Math.round(SHOWN * grid * grid) }, (_, i) => i),
    ...Array.from({ length: WORDS }, (_, i) => 2 + grid * grid + i),
  ];
  return [ints(NAMES.kept, places, places.length)];
}

/** What the patches graph would give the image graph, in float32. */
function patchInputs(config: HivgConfig): GraphInput[] {
  return namesOfPatches(config).map((name) => floats(name, 1, 1 + config.grid ** 2, config.vision.width));
}

/** What the text graph would give, for graphs that compute in float32. */
function wordInputs({ projection: d, text, vision, bridgedLayers }: HivgConfig): GraphInput[] {
  const headWidth = vision.width / vision.heads;
  return [
    floats(NAMES.textTokens, 1, text.context, d),
    floats(NAMES.textEmbedding, 1, 1, d),
    ...bridgedLayers.flatMap((layer) => [
      floats(NAMES.bridgeKeys(layer), vision.heads, headWidth, text.context),
      floats(NAMES.bridgeValues(layer), vision.heads, text.context, headWidth),
    ]),
  ];
}

function floats(name: string, ...shape: number[]): GraphInput {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    name,
    type: 'float32',
    shape,
    data: Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * i)),
  };
}

function ints(name: string, values: readonly number[], ...shape: number[]): GraphInput {
  return { name, type: 'int32', shape, data: Int32Array.from(values) };
}
