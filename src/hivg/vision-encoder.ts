// CLIP's vision encoder with the bridge in it: pixels and the words' memories → the states that the grounding encoder
// reads, and what its attention looked at.

import type { Value } from '../onnx/types.ts';
import type { BridgeMemory } from './bridge.ts';
import { bridge } from './bridge.ts';
import type { Checkpoint } from './checkpoint.ts';
import { clipMlp, clipSelfAttention, norm } from './clip-layer.ts';
import type { LayerEmitter } from './layers.ts';
import { reshaped, rows, sum } from './lazy-tensor.ts';

export interface VisionStates {
  /** [after pre-layernorm, after layer 0, …], each [1, 1 + patches, width]. */
  readonly states: readonly Value[];
  /** The [CLS] row of every layer's self-attention, each [heads, 1, 1 + patches]. */
  readonly clsRows: readonly Value[];
  /** The words each patch reads, one per bridged layer in order, each [heads, 1 + patches, context]. */
  readonly words: readonly Value[];
}

/**
 * @param pixels float32 [1, 3, side, side], normalised with ImageNet's mean and deviation, 0 on padding
 * @param memories one per bridged layer, in order
 */
export function visionEncoder(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  pixels: Value,
  memories: readonly BridgeMemory[],
): VisionStates {
  const { config } = checkpoint;
  let x = norm(emit, checkpoint, embedPatches(emit, checkpoint, pixels), 'clip.vision_model.pre_layrnorm');
  const states = [x];
  const clsRows: Value[] = [];
  const words: Value[] = [];
  for (let i = 0; i < config.vision.layers; i++) {
    const layer = `clip.vision_model.encoder.layers.${i}`;
    const attention = clipSelfAttention(emit, checkpoint, x, layer, config.vision);
    clsRows.push(emit.firstRow(attention.queries, attention.keys, config.vision.heads));
    x = attention.output;
    const memory = memories[config.bridgedLayers.indexOf(i)];
    if (memory) {
      const bridged = bridge(emit, checkpoint, x, i, memory);
      words.push(bridged.words);
      x = bridged.output;
    }
    x = clipMlp(emit, checkpoint, x, layer);
    states.push(x);
  }
  return { states, clsRows, words };
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
