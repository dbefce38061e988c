// The network as four ONNX graphs, cut where inputs change. `text`: token ids → all that depends on the words alone.
// `patches`: pixels → the patches up to the first bridge, all that depends on them alone. `image`: both → the box and
// what the network looked at. `dense`: token similarity and mask, on demand. A new expression on the same image and a
// new image with the same expression each pay only for their own part.

import { GraphBuilder } from '../onnx/graph.ts';
import type { Value } from '../onnx/types.ts';
import { bridgeMemory } from './bridge.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { HivgConfig } from './config.ts';
import { denseGroundingEncoder, groundingEncoder } from './grounding-encoder.ts';
import {
  boxHead,
  clipLogit,
  endTokenQuery,
  maskLogits,
  textEmbedding,
  textTokens,
  tokenSimilarity,
  visualTokens,
} from './heads.ts';
import { LayerEmitter } from './layers.ts';
import type { Activation, GraphName, Precision, WeightFiles } from './precision.ts';
import { textEncoder } from './text-encoder.ts';
import { bridgingLayers, statesBeforeBridge, unbridgedLayers } from './vision-encoder.ts';

/** Names of what passes between the graphs and their caller. Shapes in `buildGraph`. */
export const NAMES = {
  ids: 'ids',
  end: 'end',
  pixels: 'pixels',
  kept: 'kept',
  asking: 'asking',
  keyRows: 'key_rows',
  patchRows: 'patch_rows',
  endRow: 'end_row',
  textTokens: 'text_tokens',
  textEmbedding: 'text_embedding',
  visualTokens: 'visual_tokens',
  box: 'box',
  logit: 'logit',
  regAttention: 'reg_attention',
  clsAttention: 'cls_attention',
  /** Of the layers in the patches graph. */
  clsAttentionBefore: 'cls_attention_before',
  /** Where the patches graph ends, in the middle of the first bridged layer. */
  patchStates: 'patch_states',
  regRollout: 'reg_rollout',
  tokenSimilarity: 'token_similarity',
  maskCells: 'mask_cells',
  bridgeKeys: (layer: number) => `bridge_keys_${layer}`,
  bridgeValues: (layer: number) => `bridge_values_${layer}`,
  wordAttention: (layer: number) => `word_attention_${layer}`,
  visionState: (index: number) => `vision_state_${index}`,
} as const;

/**
 * One graph in one precision and activation type. Its weights are entered into `files`, to be written afterwards.
 * Outputs that are read by people or tests are float32; what passes from graph to graph is in the activation type.
 */
export function buildGraph(
  name: GraphName,
  checkpoint: Checkpoint,
  precision: Precision,
  activation: Activation,
  files: WeightFiles,
): Uint8Array {
  const graph = new GraphBuilder(`hivg-${name}`);
  const emit = new LayerEmitter(graph, precision, activation, files);
  ({ text: textGraph, patches: patchesGraph, image: imageGraph, dense: denseGraph })[name](emit, checkpoint);
  return graph.build();
}

/**
 * Inputs: `ids` int32 [1, context] (0-padded), `end` int32 [1].
 * Outputs: `text_tokens` [1, context, d], `text_embedding` [1, 1, d], and for each bridged layer `bridge_keys_L`
 * [heads, width / heads, context] and `bridge_values_L` [heads, context, width / heads].
 */
function textGraph(emit: LayerEmitter, checkpoint: Checkpoint): void {
  const { config } = checkpoint;
  const { graph } = emit;
  const ids = graph.input(NAMES.ids, 'int32', [1, config.text.context]);
  const end = graph.input(NAMES.end, 'int32', [1]);
  const text = textEncoder(emit, checkpoint, ids);
  graph.output(textTokens(emit, checkpoint, text), NAMES.textTokens);
  graph.output(textEmbedding(emit, checkpoint, text, end), NAMES.textEmbedding);
  for (const layer of config.bridgedLayers) {
    const memory = bridgeMemory(emit, checkpoint, layer, text);
    graph.output(memory.keys, NAMES.bridgeKeys(layer));
    graph.output(memory.values, NAMES.bridgeValues(layer));
  }
}

function bridgeInputs(emit: LayerEmitter, { bridgedLayers, vision, text }: HivgConfig) {
  const headWidth = vision.width / vision.heads;
  return bridgedLayers.map((layer) => ({
    keys: emit.graph.input(NAMES.bridgeKeys(layer), emit.activation, [vision.heads, headWidth, text.context]),
    values: emit.graph.input(NAMES.bridgeValues(layer), emit.activation, [
      vision.heads,
      text.context,
      headWidth,
    ]),
  }));
}

/**
 * Inputs: `pixels` float32 [1, 3, side, side].
 * Outputs: `patch_states` [1, 1 + patches, width] after the self-attention of the first bridged layer, where there is
 * one; `vision_state_N` [1, 1 + patches, width] for each state N before it that is read later; `cls_attention_before`
 * [layers so far · heads, 1, 1 + patches].
 */
function patchesGraph(emit: LayerEmitter, checkpoint: Checkpoint): void {
  const { config } = checkpoint;
  const pixels = emit.graph.input(NAMES.pixels, 'float32', [1, 3, config.side, config.side]);
  const { x, states, clsRows } = unbridgedLayers(emit, checkpoint, pixels);
  if (config.bridgedLayers.length > 0) emit.graph.output(x, NAMES.patchStates);
  for (const index of statesBeforeBridge(config)) {
    emit.graph.output(states[index] as Value, NAMES.visionState(index));
  }
  clsOutput(emit, config, clsRows, NAMES.clsAttentionBefore);
}

/** [CLS] rows of some layers, one after another. */
function clsOutput(emit: LayerEmitter, config: HivgConfig, rows: readonly Value[], name: string): void {
  const { vision, grid } = config;
  const all = emit.concat(rows, 0, [rows.length * vision.heads, 1, 1 + grid * grid]);
  emit.graph.output(emit.cast(all, 'float32'), name);
}

/**
 * Inputs: `kept` int32 [n], the places in [REG, CLS, patches, words] that are not masked, 0 first; the text graph's
 * outputs, and the patches graph's without its attention.
 * Outputs: `box` [1, 1, 4] (cx cy w h), `logit` [1, 1, 1], `reg_attention` [layers · heads, 1, n], `cls_attention`
 * [layers left · heads, 1, 1 + patches] where any are left, `word_attention_L` [heads, 1 + patches, context],
 * `visual_tokens` [1, 1 + patches, d] for the dense graph.
 */
function imageGraph(emit: LayerEmitter, checkpoint: Checkpoint): void {
  const { config } = checkpoint;
  const { graph } = emit;
  const { projection: d, text, vision, grounding } = config;
  const shape = [1, 1 + config.grid ** 2, vision.width];
  const entered = (name: string) => graph.input(name, emit.activation, shape);
  const x = config.bridgedLayers.length > 0 ? entered(NAMES.patchStates) : null;
  const before = new Map(
    statesBeforeBridge(config).map((index) => [index, entered(NAMES.visionState(index))]),
  );
  const kept = graph.input(NAMES.kept, 'int32', ['kept']);
  const words = graph.input(NAMES.textTokens, emit.activation, [1, text.context, d]);
  const embedding = graph.input(NAMES.textEmbedding, emit.activation, [1, 1, d]);
  const states = bridgingLayers(emit, checkpoint, x, before, bridgeInputs(emit, config));
  const visual = visualTokens(emit, checkpoint, states);
  const { reg, regRows } = groundingEncoder(emit, checkpoint, visual, words, kept);
  const visible = (value: Value, name: string) => graph.output(emit.cast(value, 'float32'), name);
  visible(boxHead(emit, checkpoint, reg), NAMES.box);
  visible(clipLogit(emit, checkpoint, states, embedding), NAMES.logit);
  visible(emit.concat(regRows, 0, [grounding.layers * grounding.heads, 1, 'kept']), NAMES.regAttention);
  if (states.clsRows.length > 0) clsOutput(emit, config, states.clsRows, NAMES.clsAttention);
  states.words.forEach((value, index) => {
    visible(value, NAMES.wordAttention(config.bridgedLayers[index] as number));
  });
  graph.output(visual, NAMES.visualTokens);
}

/**
 * Inputs: `visual_tokens`, `text_tokens`; `asking` int32 [n], places in [REG, CLS, patches, words]: all that is not
 * masked, then the masked patches; `key_rows` int32 [m], the rows of `asking` that are not masked; `patch_rows` int32
 * [patches], the row of `asking` at which each patch stands; `end_row` int32 [1], likewise the end token's.
 * Outputs: `reg_rollout` [1, 1, m], `token_similarity` [1, patches, 1], `mask_cells` [1, patches, 64] (order in `maskLogits`).
 */
function denseGraph(emit: LayerEmitter, checkpoint: Checkpoint): void {
  const { config } = checkpoint;
  const { graph } = emit;
  const { projection: d, text } = config;
  const patchCount = config.grid ** 2;
  const visual = graph.input(NAMES.visualTokens, emit.activation, [1, 1 + patchCount, d]);
  const words = graph.input(NAMES.textTokens, emit.activation, [1, text.context, d]);
  const asking = graph.input(NAMES.asking, 'int32', ['asking']);
  const keyRows = graph.input(NAMES.keyRows, 'int32', ['keys']);
  const patchRows = graph.input(NAMES.patchRows, 'int32', [patchCount]);
  const endRow = graph.input(NAMES.endRow, 'int32', [1]);
  const { sequence, rollout } = denseGroundingEncoder(emit, checkpoint, visual, words, asking, keyRows);
  const patches = emit.gather(sequence, patchRows, 1, [1, patchCount, d]);
  const query = endTokenQuery(emit, sequence, endRow);
  graph.output(rollout, NAMES.regRollout);
  graph.output(
    emit.cast(tokenSimilarity(emit, checkpoint, patches, query), 'float32'),
    NAMES.tokenSimilarity,
  );
  graph.output(emit.cast(maskLogits(emit, checkpoint, patches, query), 'float32'), NAMES.maskCells);
}
