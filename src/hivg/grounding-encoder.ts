// The grounding encoder: [REG], [CLS], patches and words in one sequence; its [REG] row becomes the box. Positions are
// added to queries and keys, not to values (the original's models/vl_transformer.py).
//
// Exact savings: masked keys (padding of image and text) do not enter the sequence; positions meet their projections
// once, at conversion, so that q, k and v are one product; in the last layer only [REG] asks.

import { bytesOf } from '../onnx/tensor-bytes.ts';
import type { Dim, Value } from '../onnx/types.ts';
import type { Checkpoint } from './checkpoint.ts';
import { norm } from './clip-layer.ts';
import type { LayerEmitter } from './layers.ts';
import type { LazyLinear } from './lazy-tensor.ts';
import { appliedTo, linearRows } from './lazy-tensor.ts';

const LAYERS = 'vl_transformer.encoder.layers';

/** Layer `index`'s `in_proj`: q, k and v stacked. */
function inProjection(checkpoint: Checkpoint, index: number): LazyLinear {
  const attention = `${LAYERS}.${index}.self_attn`;
  return {
    weight: checkpoint.tensor(`${attention}.in_proj_weight`),
    bias: checkpoint.tensor(`${attention}.in_proj_bias`),
  };
}

/**
 * What the positions of the tokens `indices` [n] add to the outputs of `weight`: rows of the table
 * `vl_pos_embed · Wᵀ`, [n, outputs]. Quantised, the table has 8 bits a number: it is a tenth of a small network, and
 * neighbouring patches differ by little.
 */
function positionTerm(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  name: string,
  weight: LazyLinear['weight'],
  indices: Value,
): Value {
  return emit.embedding(indices, name, appliedTo(weight, checkpoint.tensor('vl_pos_embed.weight')), 8);
}

/** The half of a layer after its attention; rows of the sequence do not meet in it. */
function finishLayer(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  x: Value,
  mixed: Value,
  index: number,
): Value {
  const layer = `${LAYERS}.${index}`;
  const { normalizeBefore } = checkpoint.config.grounding;
  const normed = (value: Value, which: 1 | 2) => norm(emit, checkpoint, value, `${layer}.norm${which}`);
  const projected = emit.linear(
    mixed,
    `${layer}.self_attn.out_proj`,
    checkpoint.linear(`${layer}.self_attn.out_proj`),
  );
  const attended = emit.add(x, projected);
  const middle = normalizeBefore ? attended : normed(attended, 1);
  const read = normalizeBefore ? normed(middle, 2) : middle;
  const hidden = emit.relu(emit.linear(read, `${layer}.linear1`, checkpoint.linear(`${layer}.linear1`)));
  const result = emit.add(
    middle,
    emit.linear(hidden, `${layer}.linear2`, checkpoint.linear(`${layer}.linear2`)),
  );
  return normalizeBefore ? result : normed(result, 2);
}

/** What queries, keys and values are made from. */
function attentionInput(emit: LayerEmitter, checkpoint: Checkpoint, x: Value, index: number): Value {
  return checkpoint.config.grounding.normalizeBefore
    ? norm(emit, checkpoint, x, `${LAYERS}.${index}.norm1`)
    : x;
}

/** The final norm of the pre-norm form; the post-norm form has none. */
function finished(emit: LayerEmitter, checkpoint: Checkpoint, x: Value): Value {
  if (!checkpoint.config.grounding.normalizeBefore) return x;
  return norm(emit, checkpoint, x, 'vl_transformer.encoder.norm');
}

interface LayerResult {
  readonly output: Value;
  /** What [REG] attends to, [heads, 1, keys]; its nodes are only made where somebody asks. */
  readonly regRow: () => Value;
}

interface FullLayerResult extends LayerResult {
  /** What each of `rows` attends to, as the mean of heads: [1, rows, keys]. Likewise made where somebody asks. */
  readonly meanRows: (rows: Value) => Value;
}

/** A layer in which every row of the sequence asks; keys may be fewer rows than queries (`keyRows`). */
function fullLayer(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  x: Value,
  index: number,
  positions: Value,
  keyRows?: Value,
): FullLayerResult {
  const { heads, layers } = checkpoint.config.grounding;
  const d = checkpoint.config.projection;
  const attention = `${LAYERS}.${index}.self_attn`;
  const input = attentionInput(emit, checkpoint, x, index);
  const projection = inProjection(checkpoint, index);
  const [q, k, v] = queriesKeysValues();
  const [keys, values] = [k, v].map((value) =>
    keyRows ? emit.gather(value, keyRows, 1, [1, ...keyRows.shape, d]) : value,
  ) as [Value, Value];
  const mixed = emit.attention(q, keys, values, heads);
  return {
    output: finishLayer(emit, checkpoint, x, mixed, index),
    regRow: () => emit.firstRow(q, keys, heads),
    meanRows: (rows) => {
      const asking = emit.gather(q, rows, 1, [1, ...rows.shape, d]);
      const scaled = emit.op('Mul', [asking, emit.scalar((d / heads) ** -0.5)], asking.shape);
      return emit.mean(emit.attentionWeights(emit.splitHeads(scaled, heads), emit.splitKeys(keys, heads)), 0);
    },
  };

  /** Queries and keys with their positions, and values. The last layer's weights are stored as `regLayer` reads them. */
  function queriesKeysValues(): [Value, Value, Value] {
    if (index === layers - 1) {
      const [query, keyValue] = lastLayerParts(projection, d);
      const q0 = emit.linear(input, `${attention}.q`, query);
      const kv = emit.linear(input, `${attention}.kv`, keyValue);
      const [k0, v0] = emit.split(kv, [d, d]) as [Value, Value];
      const qPosition = positionTerm(emit, checkpoint, `${attention}.q_positions`, query.weight, positions);
      const kWeight = linearRows(keyValue, 0, d).weight;
      const kPosition = positionTerm(emit, checkpoint, `${attention}.k_positions`, kWeight, positions);
      return [emit.add(q0, qPosition), emit.add(k0, kPosition), v0];
    }
    const qkv = emit.linear(input, `${attention}.qkv`, projection);
    const [qk0, v0] = emit.split(qkv, [2 * d, d]) as [Value, Value];
    const weight = linearRows(projection, 0, 2 * d).weight;
    const term = positionTerm(emit, checkpoint, `${attention}.qk_positions`, weight, positions);
    const [qPlaced, kPlaced] = emit.split(emit.add(qk0, term), [d, d]) as [Value, Value];
    return [qPlaced, kPlaced, v0];
  }
}

/** The last layer's projection in two: queries, which only [REG] asks in the image graph, and keys with values. */
function lastLayerParts(projection: LazyLinear, d: number): [LazyLinear, LazyLinear] {
  return [linearRows(projection, 0, d), linearRows(projection, d, 3 * d)];
}

/** The last layer, asked by [REG] alone: its output is [1, 1, d]. */
function regLayer(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  x: Value,
  index: number,
  positions: Value,
): LayerResult {
  const { heads } = checkpoint.config.grounding;
  const d = checkpoint.config.projection;
  const attention = `${LAYERS}.${index}.self_attn`;
  const input = attentionInput(emit, checkpoint, x, index);
  const [query, keyValue] = lastLayerParts(inProjection(checkpoint, index), d);
  const q0 = emit.linear(emit.slice(input, 1, 0, 1), `${attention}.q`, query);
  const kv = emit.linear(input, `${attention}.kv`, keyValue);
  const [k0, v] = emit.split(kv, [d, d]) as [Value, Value];
  const regPosition = positionTerm(
    emit,
    checkpoint,
    `${attention}.q_positions`,
    query.weight,
    emit.ints('first_place', [0]),
  );
  const kWeight = linearRows(keyValue, 0, d).weight;
  const k = emit.add(k0, positionTerm(emit, checkpoint, `${attention}.k_positions`, kWeight, positions));
  const regRow = emit.firstRow(emit.add(q0, regPosition), k, heads);
  const mixed = emit.op('MatMul', [regRow, emit.splitHeads(v, heads)], [heads, 1, d / heads]);
  return {
    output: finishLayer(emit, checkpoint, emit.slice(x, 1, 0, 1), emit.joinHeads(mixed), index),
    regRow: () => regRow,
  };
}

/** The whole sequence, [REG], [CLS], patches, words: [1, 2 + patches + context, d]. */
function wholeSequence(emit: LayerEmitter, checkpoint: Checkpoint, visual: Value, text: Value): Value {
  const { projection: d, grid, text: tower } = checkpoint.config;
  const reg = emit.parameter('reg_token', { ...checkpoint.tensor('reg_token.weight'), shape: [1, 1, d] });
  return emit.concat([reg, visual, text], 1, [1, 2 + grid * grid + tower.context, d]);
}

/**
 * For the box: [REG] first, then what is not masked.
 *
 * @param visual [1, 1 + patches, d], [CLS] first
 * @param text [1, context, d]
 * @param kept int32 [n], places in the whole sequence, 0 ([REG]) first
 * @returns `reg` [1, 1, d] and the [REG] row of every layer, each [heads, 1, n]
 */
export function groundingEncoder(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  visual: Value,
  text: Value,
  kept: Value,
): { reg: Value; regRows: Value[] } {
  const { layers } = checkpoint.config.grounding;
  const whole = wholeSequence(emit, checkpoint, visual, text);
  let x = emit.gather(whole, kept, 1, [1, ...kept.shape, checkpoint.config.projection]);
  const regRows: Value[] = [];
  for (let i = 0; i < layers; i++) {
    const layer = i === layers - 1 ? regLayer : fullLayer;
    const { output, regRow } = layer(emit, checkpoint, x, i, kept);
    regRows.push(regRow());
    x = output;
  }
  return { reg: finished(emit, checkpoint, x), regRows };
}

/**
 * For the dense outputs: all patches ask, those on padding too, and only what is not masked is read.
 *
 * @param asking int32 [n], places in the whole sequence: first all that is not masked, then the masked patches
 * @param keyRows int32 [m], rows of `asking` that are not masked (0 … m − 1)
 * @returns `sequence` after the last layer, [1, n, d], and `rollout` [1, 1, m], float32
 */
export function denseGroundingEncoder(
  emit: LayerEmitter,
  checkpoint: Checkpoint,
  visual: Value,
  text: Value,
  asking: Value,
  keyRows: Value,
): { sequence: Value; rollout: Value } {
  const { layers } = checkpoint.config.grounding;
  const whole = wholeSequence(emit, checkpoint, visual, text);
  const shape: Dim[] = [1, ...asking.shape, checkpoint.config.projection];
  let x = emit.gather(whole, asking, 1, shape);
  const attended: Value[] = [];
  for (let i = 0; i < layers; i++) {
    const { output, meanRows } = fullLayer(emit, checkpoint, x, i, asking, keyRows);
    attended.push(emit.cast(meanRows(keyRows), 'float32'));
    x = output;
  }
  return { sequence: finished(emit, checkpoint, x), rollout: rollout(emit, attended, keyRows) };
}

/**
 * Attention rollout (Abnar & Zuidema 2020, section 3) of [REG]: its row of the product over layers of (A + 1) / 2, where
 * A is the mean of heads and 1 stands for the residual connection. The row is carried down from the last layer, so that
 * no product of whole matrices is needed. Tokens that are masked are read by nobody and have no part in it.
 *
 * @param attended each layer's A, [1, m, m], float32
 * @param keyRows int32 [m]: 0 … m − 1, the first of them [REG]
 * @returns [1, 1, m], float32, which sums to 1
 */
function rollout(emit: LayerEmitter, attended: readonly Value[], keyRows: Value): Value {
  const [count] = keyRows.shape as [Dim];
  const floats = (type: string, inputs: readonly Value[], shape: readonly Dim[]) =>
    emit.op(type, inputs, shape, {}, undefined, 'float32');
  const number = (name: string, value: number) =>
    emit.graph.constant(name, 'float32', [], bytesOf(Float32Array.of(value)));
  // 1 for [REG], 0 for all others: what is left of 1 after taking the row's number away, if anything.
  const left = floats('Sub', [number('rollout_one', 1), emit.cast(keyRows, 'float32')], [count]);
  let row = emit.reshape(floats('Relu', [left], [count]), [1, 1, count]);
  for (const attention of attended.toReversed()) {
    const read = floats('MatMul', [row, attention], row.shape);
    const both = floats('Add', [row, read], row.shape);
    row = floats('Mul', [both, number('rollout_half', 0.5)], row.shape);
  }
  return row;
}
