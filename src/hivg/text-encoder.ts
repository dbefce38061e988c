// CLIP's text encoder: token ids → the states that the bridge reads, and the words' features in the joint space.
// Only a causal mask: what stands after the end token is padding (id 0), is computed, and is read by the bridge, as in
// the original (Hugging Face's CLIPTextModel called without an attention mask).

import type { Value } from '../onnx/types.ts';
import type { Checkpoint } from './checkpoint.ts';
import { clipMlp, clipSelfAttention, norm } from './clip-layer.ts';
import type { LayerEmitter } from './layers.ts';
import { reshaped } from './lazy-tensor.ts';

/** Added to the score of a key that a query must not see; its exponential is 0 in float16 and float32 alike. */
const MASKED_SCORE = -10_000;

export interface TextStates {
  /** [embeddings, after layer 0, …], each [1, context, text width], none of them normed at the end. */
  readonly states: readonly Value[];
  /** The last state after `final_layer_norm`. */
  readonly last: Value;
}

/** @param ids int32 [1, context], padded with 0 */
export function textEncoder(emit: LayerEmitter, checkpoint: Checkpoint, ids: Value): TextStates {
  const { text } = checkpoint.config;
  const embeddings = 'clip.text_model.embeddings';
  const tokens = emit.embedding(
    ids,
    `${embeddings}.token_embedding`,
    checkpoint.tensor(`${embeddings}.token_embedding.weight`),
  );
  const positions = checkpoint.tensor(`${embeddings}.position_embedding.weight`);
  let x = emit.add(
    tokens,
    emit.parameter(`${embeddings}.position_embedding`, reshaped(positions, [1, text.context, text.width])),
  );
  const mask = causalMask(emit, text.context);
  const states = [x];
  for (let i = 0; i < text.layers; i++) {
    const layer = `clip.text_model.encoder.layers.${i}`;
    x = clipSelfAttention(emit, checkpoint, x, layer, text, mask).output;
    x = clipMlp(emit, checkpoint, x, layer);
    states.push(x);
  }
  return { states, last: norm(emit, checkpoint, x, 'clip.text_model.final_layer_norm') };
}

function causalMask(emit: LayerEmitter, context: number): Value {
  const shape = [1, 1, context, context];
  return emit.parameter('causal_mask', {
    shape,
    load: async () =>
      Float32Array.from({ length: context * context }, (_, index) =>
        index % context > Math.floor(index / context) ? MASKED_SCORE : 0,
      ),
  });
}
