// CLIP's vision encoder with the bridge in it, in two parts: the layers before any words come in, which depend on the
// pixels alone, and those from the first bridge on. What comes out: the states that the grounding encoder reads, and
// what the attention looked at.

import type { Value } from '../onnx/types.ts';
import type { BridgeMemory } from './bridge.ts';
import { bridge } from './bridge.ts';
import type { Checkpoint } from './checkpoint.ts';
import { clipMlp, clipSelfAttention, norm } from './clip-layer.ts';
import type { HivgConfig } from './config.ts';
import type { LayerEmitter } from './layers.ts';
import { reshaped, rows, sum } from './lazy-tensor.ts';

export interface VisionStates {
  /** States by their index, [after pre-layernorm, after layer 0, …], each [1, 1 + patches, width]. */
  readonly states: Readonly<Record<number, Value>>;
  /** The [CLS] row of the self-attention of the layers computed here, in order, each [heads, 1, 1 + patches]. */
  readonly clsRows: readonly Value[];
  /** The words each patch reads, one per bridged layer in order, each [heads, 1 + patches, context]. */
  readonly words: readonly Value[];
}

/** The layer in which words first come in, after its self-attention; the number of layers where they never do. */
export function firstBridge({ bridgedLayers, vision }: HivgConfig): number {
  return bridgedLayers[0] ?? vision.layers;
}

/** Indices of the states that are complete before the first bridge and read after it: some taken, the last for [CLS]. */
export function statesBeforeBridge(config: HivgConfig): number[] {
  const read = new Set([...config.visionStates, config.vision.layers]);
  return [...read].filter((index) => index <= firstBridge(config)).toSorted((a, b) => a - b);
}

/**
 * Patch embedding and the layers before the first bridge, and that layer's self-attention.
 *
 * @param pixels float32 [1, 3, side, side], normalised with ImageNet's mean and deviation, 0 on padding
 * @returns besides, `x` [1, 1 + patches, width]: where it ends
 */
export function unbridgedLayers(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  pixels: Value,
): Omit<VisionStates, 'words'> & { readonly x: Value } {
  const { config } = checkpoint;
  const first = firstBridge(config);
  let x = norm(emit, checkpoint, embedPatches(emit, checkpoint, pixels), 'clip.vision_model.pre_layrnorm');
  const states: Record<number, Value> = { 0: x };
  const clsRows: Value[] = [];
  for (let i = 0; i < Math.min(first + 1, config.vision.layers); i++) {
    const attended = selfAttention(emit, checkpoint, x, i);
    clsRows.push(attended.clsRow);
    x = attended.output;
    if (i === first) break;
    x = clipMlp(emit, checkpoint, x, layerName(i));
    states[i + 1] = x;
  }
  return { x, states, clsRows };
}

/**
 * The layers from the first bridge on.
 *
 * @param start where `unbridgedLayers` ended; null where nothing is bridged
 * @param before the states of `statesBeforeBridge`
 * @param memories one per bridged layer, in order
 */
export function bridgingLayers(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  start: Value | null,
  before: ReadonlyMap<number, Value>,
  memories: readonly BridgeMemory[],
): VisionStates {
  const { config } = checkpoint;
  const first = firstBridge(config);
  const states: Record<number, Value> = Object.fromEntries(before);
  const clsRows: Value[] = [];
  const words: Value[] = [];
  let x = start;
  for (let i = first; x && i < config.vision.layers; i++) {
    if (i > first) {
      const attended = selfAttention(emit, checkpoint, x, i);
      clsRows.push(attended.clsRow);
      x = attended.output;
    }
    const memory = memories[config.bridgedLayers.indexOf(i)];
    if (memory) {
      const bridged = bridge(emit, checkpoint, x, i, memory);
      words.push(bridged.words);
      x = bridged.output;
    }
    x = clipMlp(emit, checkpoint, x, layerName(i));
    states[i + 1] = x;
  }
  return { states, clsRows, words };
}

const layerName = (index: number) => `clip.vision_model.encoder.layers.${index}`;

function selfAttention(emit: LayerEmitter, checkpoint: Checkpoint, x: Value, index: number) {
  const { vision } = checkpoint.config;
  const { output, queries, keys } = clipSelfAttention(emit, checkpoint, x, layerName(index), vision);
  return { output, clsRow: emit.firstRow(queries, keys, vision.heads) };
}

/** Patches as tokens behind the class token, each with its position: [1, 1 + patches, width]. */
function embedPatches(emit: LayerEmitter, checkpoint: Checkpoint, pixels: Value): Value {
  const { vision, grid, patch } = checkpoint.config;
  const patches = grid * grid;
  const embeddings = 'clip.vision_model.embeddings';
  const kernel = checkpoint.tensor(`${embeddings}.patch_embedding.weight`);
  const positions = checkpoint.tensor(`${embeddings}.position_embedding.weight`);
  const map = emit.op(
    'Conv',
    [emit.cast(pixels, emit.activation), emit.parameter(`${embeddings}.patch_embedding`, kernel)],
    [1, vision.width, grid, grid],
    { kernel_shape: { ints: [patch, patch] }, strides: { ints: [patch, patch] } },
  );
  const tokens = emit.transpose(emit.reshape(map, [1, vision.width, patches]), [0, 2, 1]);
  const placed = emit.add(
    tokens,
    emit.parameter(
      `${embeddings}.patch_positions`,
      reshaped(rows(positions, 1, 1 + patches), [1, patches, vision.width]),
    ),
  );
  const classToken = sum(checkpoint.tensor(`${embeddings}.class_embedding`), rows(positions, 0, 1));
  const first = emit.parameter(`${embeddings}.class_token`, reshaped(classToken, [1, 1, vision.width]));
  return emit.concat([first, placed], 1, [1, 1 + patches, vision.width]);
}
