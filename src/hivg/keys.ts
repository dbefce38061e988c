// Every tensor that a HiVG checkpoint has, by plain name and shape: the network's `state_dict` as a function of its
// sizes. The converter compares a file with it, and a test's random checkpoint is made from it. Plain names are the
// original's with peft's wrapping taken off (see `checkpoint.ts`).

import type { HivgConfig, TowerConfig } from './config.ts';

export interface ExpectedTensor {
  readonly shape: readonly number[];
  /** Stored by the original's training, but read by nothing in its forward pass: may be there or not. */
  readonly unused?: boolean;
  /** A weight on which LoRA sits where the checkpoint was trained with it. */
  readonly lora?: boolean;
}

type Collect = (name: string, shape: readonly number[], flags?: Omit<ExpectedTensor, 'shape'>) => void;

/** All tensors of the network that `config` describes, in the order of the forward pass. */
export function expectedTensors(config: HivgConfig): Map<string, ExpectedTensor> {
  const tensors = new Map<string, ExpectedTensor>();
  const add: Collect = (name, shape, flags) => void tensors.set(name, { shape, ...flags });
  textEncoder(config, add);
  visionEncoder(config, add);
  projections(config, add);
  groundingEncoder(config, add);
  heads(config, add);
  return tensors;
}

function linear(
  add: Collect,
  name: string,
  outputs: number,
  inputs: number,
  flags?: Omit<ExpectedTensor, 'shape'>,
) {
  add(`${name}.weight`, [outputs, inputs], flags);
  const { lora: _, ...biasFlags } = flags ?? {};
  add(`${name}.bias`, [outputs], biasFlags);
}

function norm(add: Collect, name: string, width: number) {
  add(`${name}.weight`, [width]);
  add(`${name}.bias`, [width]);
}

function attention(add: Collect, name: string, width: number) {
  for (const part of ['k_proj', 'v_proj', 'q_proj', 'out_proj']) {
    linear(add, `${name}.${part}`, width, width, { lora: true });
  }
}

function clipLayer(add: Collect, name: string, { width, mlp }: TowerConfig) {
  attention(add, `${name}.self_attn`, width);
  norm(add, `${name}.layer_norm1`, width);
  linear(add, `${name}.mlp.fc1`, mlp, width);
  linear(add, `${name}.mlp.fc2`, width, mlp);
  norm(add, `${name}.layer_norm2`, width);
}

function textEncoder({ text, projection }: HivgConfig, add: Collect) {
  add('clip.logit_scale', []);
  add('clip.text_model.embeddings.token_embedding.weight', [text.vocabulary, text.width]);
  add('clip.text_model.embeddings.position_embedding.weight', [text.context, text.width]);
  add('clip.text_model.embeddings.position_ids', [1, text.context], { unused: true });
  for (let i = 0; i < text.layers; i++) clipLayer(add, `clip.text_model.encoder.layers.${i}`, text);
  norm(add, 'clip.text_model.final_layer_norm', text.width);
  add('clip.text_projection.weight', [projection, text.width]);
}

function visionEncoder(config: HivgConfig, add: Collect) {
  const { vision, text, grid, patch, projection, mixup } = config;
  const embeddings = 'clip.vision_model.embeddings';
  add(`${embeddings}.class_embedding`, [vision.width]);
  add(`${embeddings}.position_ids`, [1, 1 + grid * grid], { unused: true });
  add(`${embeddings}.patch_embedding.weight`, [vision.width, 3, patch, patch]);
  add(`${embeddings}.position_embedding.weight`, [1 + grid * grid, vision.width]);
  norm(add, 'clip.vision_model.pre_layrnorm', vision.width);
  for (let i = 0; i < vision.layers; i++) {
    const layer = `clip.vision_model.encoder.layers.${i}`;
    clipLayer(add, layer, vision);
    if (!config.bridgedLayers.includes(i)) continue;
    norm(add, `${layer}.cross_norm`, vision.width);
    attention(add, `${layer}.cross_attn`, vision.width);
    linear(add, `${layer}.cross_mlp.fc1`, vision.mlp, vision.width);
    linear(add, `${layer}.cross_mlp.fc2`, vision.width, vision.mlp);
    // Stored under mixup and without adaptive weights as well, and then read by nothing.
    const unused = mixup || !config.adaptiveWeights;
    linear(add, `${layer}.cross_gate`, vision.width, text.width * config.textStates.length, { unused });
    config.textStates.forEach((_, index) => {
      add(`${layer}.cross_adaptive_weights.${index}.weight`, [text.context, text.width], { unused });
    });
  }
  norm(add, 'clip.vision_model.post_layernorm', vision.width);
  add('clip.visual_projection.weight', [projection, vision.width]);
}

function projections(config: HivgConfig, add: Collect) {
  const { projection, vision, text, mixup } = config;
  linear(add, 'visu_proj', projection, projection);
  linear(add, 'condition_text_proj', vision.width, projection, { unused: !mixup });
  linear(add, 'ml_text_feat_perceiver', vision.width, text.width * config.textStates.length, {
    unused: true,
  });
  linear(add, 'text_proj', projection, projection);
  linear(add, 'ml_visual_projection', projection, vision.width * config.visionStates.length);
}

function groundingEncoder({ projection, grid, text, vision, grounding }: HivgConfig, add: Collect) {
  add('reg_token.weight', [1, projection]);
  add('reg_pos_embed.weight', [1, projection], { unused: true });
  add('condition_text_pos_embed.weight', [text.context, vision.width], { unused: true });
  add('vl_pos_embed.weight', [2 + grid * grid + text.context, projection]);
  for (let i = 0; i < grounding.layers; i++) {
    const layer = `vl_transformer.encoder.layers.${i}`;
    add(`${layer}.self_attn.in_proj_weight`, [3 * projection, projection]);
    add(`${layer}.self_attn.in_proj_bias`, [3 * projection]);
    linear(add, `${layer}.self_attn.out_proj`, projection, projection);
    linear(add, `${layer}.linear1`, grounding.mlp, projection);
    linear(add, `${layer}.linear2`, projection, grounding.mlp);
    norm(add, `${layer}.norm1`, projection);
    norm(add, `${layer}.norm2`, projection);
  }
  if (grounding.normalizeBefore) norm(add, 'vl_transformer.encoder.norm', projection);
}

function heads({ projection, tokenMlp }: HivgConfig, add: Collect) {
  linear(add, 'bbox_embed.layers.0', projection, projection);
  linear(add, 'bbox_embed.layers.1', projection, projection);
  linear(add, 'bbox_embed.layers.2', 4, projection);
  norm(add, 'visu_token_norm', projection);
  linear(add, 'visu_token_mlp.fc1', tokenMlp, projection);
  linear(add, 'visu_token_mlp.fc2', projection, tokenMlp);
  for (const index of [1, 2, 3]) add(`seg_conv${index}.weight`, [projection, projection, 2, 2]);
}
