// What a HiVG network is, in numbers: read off a checkpoint's `args` and the shapes of its tensors, so that base,
// large, a fine-tuned variant and the small bundled model all take the same path. Sizes of the released models and
// the layers they bridge: the paper's section 4.1 and the original's models/HiVG.py.

import { HivgError } from './errors.ts';

export interface TowerConfig {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlp: number;
}

export interface HivgConfig {
  /** The original's `args.model`, e.g. `ViT-B/16`. */
  readonly model: string;
  /** The original's `args.dataset`: which text states feed the bridge depends on it. */
  readonly dataset: string;
  /** Side of the padded square the network sees, px. */
  readonly side: number;
  /** Side of a patch, px. */
  readonly patch: number;
  /** Patches along a side. */
  readonly grid: number;
  readonly vision: TowerConfig;
  readonly text: TowerConfig & { readonly vocabulary: number; readonly context: number };
  /** Width of CLIP's joint space and of the grounding encoder. */
  readonly projection: number;
  /** Vision layers (0-based) with a cross-modal bridge after their self-attention. */
  readonly bridgedLayers: readonly number[];
  /** Vision states read out, indexing [after pre-layernorm, after layer 0, …]. */
  readonly visionStates: readonly number[];
  /** Text states fed to the bridge, same indexing. Under `mixup` there is one, the projected features. */
  readonly textStates: readonly number[];
  /** Trained on the mix of data sets: the bridge reads `condition_text_proj(text_features)`. */
  readonly mixup: boolean;
  /** The bridge weighs text states position by position before its gate. */
  readonly adaptiveWeights: boolean;
  readonly grounding: TowerConfig & { readonly normalizeBefore: boolean };
  /** Width of the hidden layer of `visu_token_mlp`; 3072 in every released size. */
  readonly tokenMlp: number;
}

/** The fields of a checkpoint's `args` that decide the network. */
export type CheckpointArgs = ReadonlyMap<string, unknown>;

/** Sizes of CLIP in the form of Hugging Face's `config.json`; only what a checkpoint's shapes do not tell is read. */
export interface ClipConfig {
  readonly text_config: { readonly num_attention_heads: number };
  readonly vision_config: { readonly num_attention_heads: number };
}

interface ReleasedModel {
  readonly bridged: readonly number[];
  readonly visionStates: readonly number[];
}

const BASE: ReleasedModel = { bridged: [0, 3, 7, 11], visionStates: [1, 4, 8, 12] };
const RELEASED: Readonly<Record<string, ReleasedModel>> = {
  'ViT-B/16': BASE,
  'ViT-B/32': BASE,
  'ViT-L/14': { bridged: [4, 10, 16, 22], visionStates: [6, 12, 18, 24] },
  'ViT-L/14-336': { bridged: [11, 15, 19, 23], visionStates: [12, 16, 20, 24] },
};

/** Width of one CLIP attention head in every released CLIP. */
const CLIP_HEAD_WIDTH = 64;

/**
 * Derives the network from a checkpoint.
 *
 * @param args fields of the checkpoint's `args`
 * @param shapeOf shape of a tensor by its plain name (see `checkpoint.ts`), or null where there is none
 * @param clipConfig sizes of CLIP where heads are not width / 64
 * @throws {HivgError} `not-a-hivg-checkpoint`, `unknown-architecture` or `bad-clip-config`
 */
export function deriveConfig(
  args: CheckpointArgs,
  shapeOf: (name: string) => readonly number[] | null,
  clipConfig?: ClipConfig,
): HivgConfig {
  const dimension = (name: string, axis: number): number => {
    const size = shapeOf(name)?.[axis];
    if (size === undefined) {
      throw new HivgError('not-a-hivg-checkpoint', `This is not a HiVG checkpoint: it has no '${name}'.`);
    }
    return size;
  };
  const countLayers = (prefix: string, suffix: string): number => {
    let count = 0;
    while (shapeOf(`${prefix}.${count}.${suffix}`)) count++;
    return count;
  };
  const visionWidth = dimension('clip.vision_model.embeddings.patch_embedding.weight', 0);
  const patch = dimension('clip.vision_model.embeddings.patch_embedding.weight', 2);
  const textWidth = dimension('clip.text_model.embeddings.token_embedding.weight', 1);
  const projection = dimension('clip.text_projection.weight', 0);
  const patches = dimension('clip.vision_model.embeddings.position_embedding.weight', 0) - 1;
  const grid = Math.round(Math.sqrt(patches));
  if (grid * grid !== patches) {
    throw new HivgError('unknown-architecture', `${patches} patch positions do not form a square.`);
  }
  const side = numberArg(args, 'imsize', grid * patch);
  if (side !== grid * patch) {
    throw new HivgError(
      'unknown-architecture',
      `The checkpoint's imsize is ${side}, but its positions are for ${grid} × ${grid} patches of ${patch} px (${grid * patch}).`,
    );
  }
  const visionLayer = 'clip.vision_model.encoder.layers';
  const textLayer = 'clip.text_model.encoder.layers';
  const vision = {
    width: visionWidth,
    layers: countLayers(visionLayer, 'layer_norm1.weight'),
    heads: headCount('vision', visionWidth, clipConfig?.vision_config.num_attention_heads),
    mlp: dimension(`${visionLayer}.0.mlp.fc1.weight`, 0),
  };
  const text = {
    width: textWidth,
    layers: countLayers(textLayer, 'layer_norm1.weight'),
    heads: headCount('text', textWidth, clipConfig?.text_config.num_attention_heads),
    mlp: dimension(`${textLayer}.0.mlp.fc1.weight`, 0),
    vocabulary: dimension('clip.text_model.embeddings.token_embedding.weight', 0),
    context: dimension('clip.text_model.embeddings.position_embedding.weight', 0),
  };
  const groundingLayer = 'vl_transformer.encoder.layers';
  const grounding = {
    width: projection,
    layers: countLayers(groundingLayer, 'norm1.weight'),
    heads: numberArg(args, 'vl_nheads', 8),
    mlp: dimension(`${groundingLayer}.0.linear1.weight`, 0),
    normalizeBefore: args.get('normalize_before') === true,
  };
  if (projection % grounding.heads !== 0) {
    throw new HivgError(
      'unknown-architecture',
      `A grounding encoder of width ${projection} cannot have ${grounding.heads} heads.`,
    );
  }
  const model = stringArg(args, 'model', 'ViT-B/16');
  const dataset = stringArg(args, 'dataset', '');
  const mixup = args.get('mixup_pretrain') === true;
  const released = RELEASED[model];
  const bridgedLayers =
    listArg(args, 'bridged_layers') ??
    (model === 'ViT-L/14' && args.get('warmup') === true ? [] : released?.bridged);
  const visionStates = listArg(args, 'vision_states') ?? released?.visionStates;
  if (!bridgedLayers || !visionStates) {
    throw new HivgError(
      'unknown-architecture',
      `The model '${model}' is none of ${Object.keys(RELEASED).join(', ')}, and the checkpoint's args do not name its bridged_layers and vision_states.`,
    );
  }
  const config: HivgConfig = {
    model,
    dataset,
    side,
    patch,
    grid,
    vision,
    text,
    projection,
    bridgedLayers,
    visionStates,
    textStates: mixup
      ? [text.layers]
      : (listArg(args, 'text_states') ?? releasedTextStates(dataset, text.layers)),
    mixup,
    adaptiveWeights: args.get('enable_adaptive_weights') === true,
    grounding,
    tokenMlp: dimension('visu_token_mlp.fc1.weight', 0),
  };
  checkIndices('bridged layer', config.bridgedLayers, vision.layers - 1);
  checkIndices('vision state', config.visionStates, vision.layers);
  checkIndices('text state', config.textStates, text.layers);
  const positions = dimension('vl_pos_embed.weight', 0);
  const expected = 2 + patches + text.context;
  if (positions !== expected) {
    throw new HivgError(
      'unknown-architecture',
      `The grounding encoder has ${positions} positions; [REG], [CLS], ${patches} patches and ${text.context} text tokens make ${expected}.`,
    );
  }
  return config;
}

function releasedTextStates(dataset: string, layers: number): number[] {
  if (dataset === 'gref_umd' || dataset === 'gref') return Array.from({ length: layers }, (_, i) => i + 1);
  if (dataset === 'unc+' || dataset === 'referit') return [6, 12];
  return [layers];
}

function checkIndices(what: string, indices: readonly number[], last: number): void {
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 0 || index > last) {
      throw new HivgError('unknown-architecture', `There is no ${what} ${index}: the last is ${last}.`);
    }
  }
}

function headCount(tower: string, width: number, configured: number | undefined): number {
  const heads = configured ?? width / CLIP_HEAD_WIDTH;
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new HivgError(
      configured === undefined ? 'unknown-architecture' : 'bad-clip-config',
      configured === undefined
        ? `CLIP's ${tower} width ${width} is not a multiple of ${CLIP_HEAD_WIDTH}, so its number of heads is unknown. Give CLIP's config.json with --clip-config.`
        : `CLIP's ${tower} width ${width} cannot have ${configured} heads.`,
    );
  }
  return heads;
}

function numberArg(args: CheckpointArgs, name: string, fallback: number): number {
  const value = args.get(name) ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0) {
    throw new HivgError(
      'unknown-architecture',
      `The checkpoint's args give no usable '${name}': ${String(value)}.`,
    );
  }
  return value;
}

function stringArg(args: CheckpointArgs, name: string, fallback: string): string {
  const value = args.get(name);
  return typeof value === 'string' ? value : fallback;
}

function listArg(args: CheckpointArgs, name: string): readonly number[] | undefined {
  const value = args.get(name);
  if (!Array.isArray(value)) return undefined;
  return value.map((item) => Number(item));
}

/** Reads a Hugging Face CLIP `config.json`. Throws `bad-clip-config` naming the field that is missing. */
export function parseClipConfig(json: unknown): ClipConfig {
  const heads = (section: string): number => {
    const value = (json as Record<string, Record<string, unknown> | undefined> | null)?.[section]
      ?.num_attention_heads;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
      throw new HivgError('bad-clip-config', `The CLIP config has no ${section}.num_attention_heads.`);
    }
    return value;
  };
  return {
    text_config: { num_attention_heads: heads('text_config') },
    vision_config: { num_attention_heads: heads('vision_config') },
  };
}
