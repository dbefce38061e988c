// What CLIP's text and vision layers have in common: pre-norm self-attention with q, k and v in one product, and an MLP
// with QuickGELU. The bridge between the two halves of a vision layer is in `bridge.ts`.

import type { Value } from '../onnx/types.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { TowerConfig } from './config.ts';
import type { LayerEmitter } from './layers.ts';
import { stackedLinears } from './lazy-tensor.ts';

/** LayerNorm with the weights of that plain name. */
export function norm(emit: LayerEmitter, checkpoint: Checkpoint, x: Value, name: string): Value {
  return emit.layerNorm(x, name, checkpoint.tensor(`${name}.weight`), checkpoint.tensor(`${name}.bias`));
}

export interface SelfAttention {
  /** The layer's input plus its attention's output, [1, length, width]. */
  readonly output: Value;
  readonly queries: Value;
  readonly keys: Value;
}

/** `x + out_proj(attention(layer_norm1(x)))`; `mask` [1, 1, length, length] is added to the scores. */
export function clipSelfAttention(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  x: Value,
  layer: string,
  { width, heads }: TowerConfig,
  mask?: Value,
): SelfAttention {
  const attention = `${layer}.self_attn`;
  const parts = ['q_proj', 'k_proj', 'v_proj'].map((part) => checkpoint.linear(`${attention}.${part}`));
  const normed = norm(emit, checkpoint, x, `${layer}.layer_norm1`);
  const qkv = emit.linear(normed, `${attention}.qkv`, stackedLinears(parts));
  const [queries, keys, values] = emit.split(qkv, [width, width, width]) as [Value, Value, Value];
  const mixed = emit.attention(queries, keys, values, heads, mask);
  const projected = emit.linear(mixed, `${attention}.out_proj`, checkpoint.linear(`${attention}.out_proj`));
  return { output: emit.add(x, projected), queries, keys };
}

/** `x + mlp(layer_norm2(x))`. */
export function clipMlp(emit: LayerEmitter, checkpoint: Checkpoint, x: Value, layer: string): Value {
  const normed = norm(emit, checkpoint, x, `${layer}.layer_norm2`);
  const hidden = emit.quickGelu(
    emit.linear(normed, `${layer}.mlp.fc1`, checkpoint.linear(`${layer}.mlp.fc1`)),
  );
  return emit.add(x, emit.linear(hidden, `${layer}.mlp.fc2`, checkpoint.linear(`${layer}.mlp.fc2`)));
}
