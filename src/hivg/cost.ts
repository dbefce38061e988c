// What a network costs, from its sizes alone: the matrix products of one pair, nothing masked. Norms, activations and
// softmaxes are left out; they are a few thousandths. Not here: milliseconds, which hang on the machine as well.

import type { HivgConfig, TowerConfig } from './config.ts';
import { firstBridge } from './vision-encoder.ts';

export interface PairCost {
  /** FLOP of the text graph: once an expression. */
  readonly text: number;
  /** FLOP of the patches graph: once an image. */
  readonly patches: number;
  /** FLOP of the image graph: once a pair. */
  readonly image: number;
}

/**
 * FLOP of one pair, where a multiplication with its addition counts as two. For n tokens of width w and a hidden layer
 * of m, a layer takes
 *
 *     n (4 w² + 2 w m) + 2 n² w
 *
 * multiplications: four projections, two linear layers, scores and their mixing. In a bridged layer the patches read
 * `context` words besides; in the last grounding layer [REG] asks alone.
 */
export function pairCost(config: HivgConfig): PairCost {
  const { text, vision, grounding, projection: d, grid, patch } = config;
  const patches = 1 + grid * grid;
  const sequence = 1 + patches + text.context;
  const bridged = config.bridgedLayers.length;
  const gate = config.mixup ? 0 : config.adaptiveWeights ? config.textStates.length * text.width : 0;
  const conditioned = config.mixup ? text.context * text.width * vision.width : 0;
  const words =
    text.layers * layer(text.context, text) +
    text.context * text.width * d +
    conditioned +
    bridged * text.context * vision.width * (gate + 2 * vision.width);
  const reading = patches * (vision.width ** 2 + 2 * vision.width * vision.mlp);
  const first = firstBridge(config);
  // The cut is in the first bridged layer, after its self-attention.
  const attention = first < vision.layers ? layer(patches, { ...vision, mlp: 0 }) : 0;
  const early = grid * grid * 3 * patch * patch * vision.width + first * layer(patches, vision) + attention;
  const image =
    (vision.layers - first) * layer(patches, vision) -
    attention +
    bridged * (reading + 2 * patches * text.context * vision.width) +
    patches * config.visionStates.length * vision.width * d +
    (grounding.layers - 1) * layer(sequence, grounding) +
    sequence * (2 * d * d + 2 * d) +
    2 * d * d +
    2 * d * grounding.mlp +
    2 * d * d +
    4 * d;
  return { text: 2 * words, patches: 2 * early, image: 2 * image };
}

/** Multiplications of one transformer layer over `tokens`. */
function layer(tokens: number, { width, mlp }: TowerConfig): number {
  return tokens * (4 * width ** 2 + 2 * width * mlp) + 2 * tokens ** 2 * width;
}
