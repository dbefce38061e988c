// What comes before and after the grounding encoder: features of words and image projected into the joint space, the
// box, CLIP's similarity, and the dense outputs (token similarity and mask).

import type { Value } from '../onnx/types.ts';
import type { Checkpoint } from './checkpoint.ts';
import { norm } from './clip-layer.ts';
import type { LayerEmitter } from './layers.ts';
import type { LazyTensor } from './lazy-tensor.ts';
import { composed, reshaped } from './lazy-tensor.ts';
import type { TextStates } from './text-encoder.ts';
import type { VisionStates } from './vision-encoder.ts';

/** Sub-pixels of a patch in the mask: three doublings make 8 × 8. */
export const MASK_CELLS = 64;

/** The words as the grounding encoder reads them, `text_proj(text_projection(last))` as one product: [1, context, d]. */
export function textTokens(emit: LayerEmitter, checkpoint: Checkpoint, text: TextStates): Value {
  const inner = { weight: checkpoint.tensor('clip.text_projection.weight'), bias: null };
  return emit.linear(text.last, 'text_tokens', composed(checkpoint.linear('text_proj'), inner));
}

/**
 * CLIP's embedding of the expression (the state at the end token), of length exp(logit_scale), so that its product
 * with a unit image embedding is the logit: [1, 1, d].
 *
 * @param end int32 [1], the end token's position
 */
export function textEmbedding(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  text: TextStates,
  end: Value,
): Value {
  const { text: tower } = checkpoint.config;
  const pooled = emit.gather(text.last, end, 1, [1, 1, tower.width]);
  const weight = checkpoint.tensor('clip.text_projection.weight');
  const unit = emit.normalised(emit.linear(pooled, 'clip.text_projection', { weight, bias: null }));
  const scale = reshaped(checkpoint.tensor('clip.logit_scale'), [1], (value) => value.map(Math.exp));
  return emit.op('Mul', [unit, emit.parameter('logit_scale.exp', scale)], unit.shape);
}

/**
 * The image as the grounding encoder reads it: vision states of several depths side by side, not normed, then
 * `visu_proj(ml_visual_projection(…))` as one product: [1, 1 + patches, d].
 */
export function visualTokens(emit: LayerEmitter, checkpoint: Checkpoint, vision: VisionStates): Value {
  const { config } = checkpoint;
  const taken = config.visionStates.map((index) => vision.states[index] as Value);
  const all = emit.concat(taken, 2, [1, 1 + config.grid ** 2, config.vision.width * taken.length]);
  return emit.linear(
    all,
    'visual_tokens',
    composed(checkpoint.linear('visu_proj'), checkpoint.linear('ml_visual_projection')),
  );
}

/** CLIP's similarity of image and expression, cosine · exp(logit_scale): [1, 1, 1]. */
export function clipLogit(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  vision: VisionStates,
  textEmbedding: Value,
): Value {
  const { projection: d } = checkpoint.config;
  const classState = emit.slice(vision.states[checkpoint.config.vision.layers] as Value, 1, 0, 1);
  const pooled = norm(emit, checkpoint, classState, 'clip.vision_model.post_layernorm');
  const weight = checkpoint.tensor('clip.visual_projection.weight');
  const unit = emit.normalised(emit.linear(pooled, 'clip.visual_projection', { weight, bias: null }));
  return emit.op('MatMul', [unit, emit.reshape(textEmbedding, [1, d, 1])], [1, 1, 1]);
}

/** [REG] → centre x, centre y, width, height as fractions of the padded square: [1, 1, 4]. */
export function boxHead(emit: LayerEmitter, checkpoint: Checkpoint, reg: Value): Value {
  let x = reg;
  for (const index of [0, 1, 2]) {
    const name = `bbox_embed.layers.${index}`;
    x = emit.linear(x, name, checkpoint.linear(name), { exact: true });
    if (index < 2) x = emit.relu(x);
  }
  return emit.op('Sigmoid', [x], x.shape);
}

/** The grounding encoder's output at the end token, of unit length: what patches are compared with, [1, 1, d]. */
export function endTokenQuery(emit: LayerEmitter, sequence: Value, endRow: Value): Value {
  return emit.normalised(emit.gather(sequence, endRow, 1, [1, 1, sequence.shape[2] as number]));
}

/** q · visu_token_mlp(visu_token_norm(v)) for the patches' outputs v [1, patches, d]: [1, patches, 1]. */
export function tokenSimilarity(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  patches: Value,
  query: Value,
): Value {
  const { projection: d, grid } = checkpoint.config;
  const normed = norm(emit, checkpoint, patches, 'visu_token_norm');
  const hidden = emit.quickGelu(
    emit.linear(normed, 'visu_token_mlp.fc1', checkpoint.linear('visu_token_mlp.fc1')),
  );
  const keys = emit.linear(hidden, 'visu_token_mlp.fc2', checkpoint.linear('visu_token_mlp.fc2'));
  return emit.op('MatMul', [keys, emit.reshape(query, [1, d, 1])], [1, grid * grid, 1]);
}

/**
 * The mask's logits, [1, patches, 64]: a patch's 8 × 8 sub-pixels in the order (y3 x3 y2 x2 y1 x1), where y1 is the
 * coarsest half. `seg_conv1…3` are transposed convolutions whose windows do not overlap, with nothing between them, so
 * instead of carrying every patch up through them, the one query is carried down: exact, at a hundredth of the work.
 */
export function maskLogits(emit: LayerEmitter, checkpoint: Checkpoint, patches: Value, query: Value): Value {
  const { projection: d, grid } = checkpoint.config;
  let carried = query;
  let count = 1;
  for (const index of [3, 2, 1]) {
    const weight = pulledBack(checkpoint.tensor(`seg_conv${index}.weight`), d);
    carried = emit.linear(carried, `seg_conv${index}.pulled_back`, { weight, bias: null });
    count *= 4;
    carried = emit.reshape(carried, [1, count, d]);
  }
  const cells = emit.transpose(carried, [0, 2, 1]);
  return emit.op('MatMul', [patches, cells], [1, grid * grid, MASK_CELLS]);
}

/** A transposed convolution's weight [in, out, 2, 2] as the matrix [4 · in, out] of its adjoint. */
function pulledBack(kernel: LazyTensor, d: number): LazyTensor {
  return reshaped(kernel, [4 * d, d], (values) => {
    const matrix = new Float32Array(values.length);
    for (let input = 0; input < d; input++) {
      for (let output = 0; output < d; output++) {
        for (let cell = 0; cell < 4; cell++) {
          matrix[(cell * d + input) * d + output] = values[(input * d + output) * 4 + cell] as number;
        }
      }
    }
    return matrix;
  });
}
