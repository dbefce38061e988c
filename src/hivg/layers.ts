// The building blocks that all parts of the network are written in: a linear layer, a norm, attention, each emitted as
// ONNX nodes in the precision at hand. Nothing here knows HiVG's structure; the files named after the paper's figure do.
//
// Sequences are [1, length, width]. Weights are stored once per precision whatever the activation type; small ones
// (norms, biases, positions) as float16 in every precision but fp32, and cast where the graph computes in float32.

import type { WeightEntry, WeightRef } from '../onnx/external-data.ts';
import { float32ToFloat16 } from '../onnx/float16.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import { quantiseBlocks } from '../onnx/quantise.ts';
import { quantiseColumnsInt8 } from '../onnx/quantise-int8.ts';
import { bytesOf } from '../onnx/tensor-bytes.ts';
import { transpose2d } from '../onnx/transpose.ts';
import type { Attribute, Dim, OnnxDtype, Value } from '../onnx/types.ts';
import type { LazyLinear, LazyTensor } from './lazy-tensor.ts';
import { matrixSize } from './lazy-tensor.ts';
import type { Activation, Precision, WeightFiles } from './precision.ts';

const MICROSOFT = 'com.microsoft';

/** Weights that share one scale in q8 and q4. 32 is the finest that all of ONNX Runtime's kernels are tuned for. */
export const BLOCK_SIZE: Readonly<Record<'q4' | 'q8', number>> = { q4: 32, q8: 64 };

/** CLIP's and the grounding encoder's layer-norm epsilon. */
const NORM_EPSILON = 1e-5;

export class LayerEmitter {
  readonly graph: GraphBuilder;
  readonly precision: Precision;
  readonly activation: Activation;
  readonly #files: WeightFiles;

  constructor(graph: GraphBuilder, precision: Precision, activation: Activation, files: WeightFiles) {
    this.graph = graph;
    this.precision = precision;
    this.activation = activation;
    this.#files = files;
  }

  // ── Weights ────────────────────────────────────────────────────────────────────────────────────────────────────

  #place(entry: WeightEntry): Value {
    const home = this.#files.shared.find((file) => file.has(entry.name)) ?? this.#files.own;
    const ref: WeightRef = home.add(entry);
    return this.graph.weight(ref);
  }

  /** A small tensor (a norm, a bias, positions) in the activation type. */
  parameter(name: string, tensor: LazyTensor): Value {
    if (this.precision === 'fp32') {
      return this.#place({
        name,
        dtype: 'float32',
        shape: tensor.shape,
        encode: async () => bytesOf(await tensor.load()),
      });
    }
    const stored = this.#place({
      name,
      dtype: 'float16',
      shape: tensor.shape,
      encode: async () => bytesOf(float32ToFloat16(await tensor.load())),
    });
    return this.activation === 'float16' ? stored : this.cast(stored, 'float32');
  }

  /** The matrix of a linear layer as MatMul wants it, [inputs, outputs], not quantised. */
  #plainMatrix(name: string, weight: LazyTensor): Value {
    const { outputs, inputs } = matrixSize(weight);
    return this.parameter(`${name}.weight`, {
      shape: [inputs, outputs],
      load: async () => transpose2d(await weight.load(), outputs, inputs),
    });
  }

  /**
   * `x · Wᵀ + b` for x [1, length, inputs].
   *
   * @param exact for the few layers on which the answer hangs directly (the box head): q4 stores them in 8 bits, int8
   *   leaves them unquantised
   */
  linear(x: Value, name: string, { weight, bias }: LazyLinear, { exact = false } = {}): Value {
    const { outputs } = matrixSize(weight);
    const shape = [...x.shape.slice(0, -1), outputs];
    switch (this.precision) {
      case 'q4':
      case 'q8':
        return this.#blockLinear(x, name, { weight, bias }, this.precision === 'q4' && !exact ? 4 : 8, shape);
      case 'int8':
        if (!exact) return this.#int8Linear(x, name, { weight, bias }, shape);
    }
    const product = this.op('MatMul', [x, this.#plainMatrix(name, weight)], shape);
    return bias ? this.add(product, this.parameter(`${name}.bias`, bias)) : product;
  }

  #blockLinear(
    x: Value,
    name: string,
    { weight, bias }: LazyLinear,
    bits: 4 | 8,
    shape: readonly Dim[],
  ): Value {
    const { outputs, inputs } = matrixSize(weight);
    const blockSize = BLOCK_SIZE[bits === 4 ? 'q4' : 'q8'];
    const blocks = Math.ceil(inputs / blockSize);
    const [packed, scales] = shareOnce(async () =>
      quantiseBlocks(await weight.load(), outputs, inputs, bits, blockSize, { halfScales: true }),
    );
    const b = this.#place({
      name: `${name}.weight.q${bits}`,
      dtype: 'uint8',
      shape: [outputs, blocks, (blockSize * bits) / 8],
      encode: async () => (await packed()).packed,
    });
    const scale = this.parameter(`${name}.scale.q${bits}`, {
      shape: [outputs, blocks],
      load: async () => (await scales()).scales,
    });
    const attributes: Record<string, Attribute> = {
      K: { int: inputs },
      N: { int: outputs },
      bits: { int: bits },
      block_size: { int: blockSize },
    };
    // Inputs: A, B, scales, zero points, group index, bias.
    const inputsOf: (Value | null)[] = [x, b, scale];
    if (bias) inputsOf.push(null, null, this.parameter(`${name}.bias`, bias));
    return this.op('MatMulNBits', inputsOf, shape, attributes, MICROSOFT);
  }

  #int8Linear(x: Value, name: string, { weight, bias }: LazyLinear, shape: readonly Dim[]): Value {
    const { outputs, inputs } = matrixSize(weight);
    const [quantised, scales] = shareOnce(async () =>
      quantiseColumnsInt8(await weight.load(), outputs, inputs),
    );
    const b = this.#place({
      name: `${name}.weight.int8`,
      dtype: 'int8',
      shape: [inputs, outputs],
      encode: async () => bytesOf((await quantised()).quantised),
    });
    // Scales stay float32: the kernel takes nothing else, and a cast would hide them from its pre-packing.
    const scale = this.#place({
      name: `${name}.scale.int8`,
      dtype: 'float32',
      shape: [outputs],
      encode: async () => bytesOf((await scales()).scales),
    });
    // Inputs: A, B, its scales, its zero points, bias.
    const inputsOf: (Value | null)[] = [x, b, scale];
    if (bias) inputsOf.push(null, this.parameter(`${name}.bias`, bias));
    return this.op('DynamicQuantizeMatMul', inputsOf, shape, {}, MICROSOFT);
  }

  /**
   * Rows of an embedding table [rows, width] for ids [..., length] (int32): [..., length, width]. `q4` keeps the table
   * at so many `bits`, 8 where four would tell too little.
   */
  embedding(ids: Value, name: string, table: LazyTensor, bits: 4 | 8 = 4): Value {
    const { outputs: count, inputs: width } = matrixSize(table);
    const shape = [...ids.shape, width];
    switch (this.precision) {
      case 'q4':
      case 'q8':
        return this.#blockEmbedding(ids, name, table, this.precision === 'q4' ? bits : 8, shape);
      case 'int8': {
        const [quantised, scales] = shareOnce(async () => quantiseRowsInt8(await table.load(), count, width));
        const rowsOf = this.#place({
          name: `${name}.weight.int8`,
          dtype: 'int8',
          shape: [count, width],
          encode: async () => bytesOf((await quantised()).rows),
        });
        const scale = this.#place({
          name: `${name}.scale.int8`,
          dtype: 'float32',
          shape: [count, 1],
          encode: async () => bytesOf((await scales()).scales),
        });
        const picked = this.cast(this.gather(rowsOf, ids, 0, shape), 'float32');
        return this.op('Mul', [picked, this.gather(scale, ids, 0, [...shape.slice(0, -1), 1])], shape);
      }
    }
    return this.gather(this.parameter(`${name}.weight`, table), ids, 0, shape);
  }

  #blockEmbedding(ids: Value, name: string, table: LazyTensor, bits: 4 | 8, shape: readonly Dim[]): Value {
    const { outputs: count, inputs: width } = matrixSize(table);
    const blockSize = BLOCK_SIZE[bits === 4 ? 'q4' : 'q8'];
    const blocks = Math.ceil(width / blockSize);
    const [packed, scales] = shareOnce(async () =>
      quantiseBlocks(await table.load(), count, width, bits, blockSize, { halfScales: true }),
    );
    const data = this.#place({
      name: `${name}.weight.q${bits}`,
      dtype: 'uint8',
      shape: [count, (blocks * blockSize * bits) / 8],
      encode: async () => (await packed()).packed,
    });
    const scale = this.parameter(`${name}.scale.q${bits}`, {
      shape: [count, blocks],
      load: async () => (await scales()).scales,
    });
    const padded = [...shape.slice(0, -1), blocks * blockSize];
    const picked = this.op(
      'GatherBlockQuantized',
      [data, ids, scale],
      padded,
      {
        bits: { int: bits },
        block_size: { int: blockSize },
        gather_axis: { int: 0 },
        quantize_axis: { int: 1 },
      },
      MICROSOFT,
    );
    return blocks * blockSize === width ? picked : this.slice(picked, shape.length - 1, 0, width);
  }

  // ── Operators ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** One node with one output in the activation type (or `dtype`). */
  op(
    type: string,
    inputs: readonly (Value | null)[],
    shape: readonly Dim[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
    dtype: OnnxDtype = this.activation,
  ): Value {
    const [output] = this.graph.node(type, inputs, [{ dtype, shape }], attributes, domain);
    return output as Value;
  }

  layerNorm(x: Value, name: string, scale: LazyTensor, bias: LazyTensor): Value {
    return this.op(
      'LayerNormalization',
      [x, this.parameter(`${name}.weight`, scale), this.parameter(`${name}.bias`, bias)],
      x.shape,
      { axis: { int: -1 }, epsilon: { float: NORM_EPSILON } },
    );
  }

  /** CLIP's activation, x · sigmoid(1.702 x). */
  quickGelu(x: Value): Value {
    return this.op('QuickGelu', [x], x.shape, { alpha: { float: 1.702 } }, MICROSOFT);
  }

  relu(x: Value): Value {
    return this.op('Relu', [x], x.shape);
  }

  /** `a + b`, with the shape of `a`. */
  add(a: Value, b: Value): Value {
    return this.op('Add', [a, b], a.shape);
  }

  softmax(x: Value): Value {
    return this.op('Softmax', [x], x.shape, { axis: { int: -1 } });
  }

  /** x / ‖x‖₂ over the last axis. */
  normalised(x: Value): Value {
    const axes = this.ints('last_axis', [-1]);
    const norm = this.op('ReduceL2', [x, axes], [...x.shape.slice(0, -1), 1], { keepdims: { int: 1 } });
    return this.op('Div', [x, norm], x.shape);
  }

  /** The mean over an axis, which stays with size 1. */
  mean(x: Value, axis: number): Value {
    const shape = x.shape.map((size, index) => (index === axis ? 1 : size));
    return this.op('ReduceMean', [x, this.ints(`int_${axis}`, [axis])], shape, { keepdims: { int: 1 } });
  }

  cast(x: Value, dtype: OnnxDtype): Value {
    if (x.dtype === dtype) return x;
    const to = { float32: 1, float16: 10, int32: 6, int64: 7, uint8: 2, int8: 3, bool: 9 }[dtype];
    return this.op('Cast', [x], x.shape, { to: { int: to } }, undefined, dtype);
  }

  /** Rows of `x` along `axis`; `shape` is the result's. */
  gather(x: Value, indices: Value, axis: number, shape: readonly Dim[]): Value {
    return this.op('Gather', [x, indices], shape, { axis: { int: axis } }, undefined, x.dtype);
  }

  slice(x: Value, axis: number, start: number, end: number): Value {
    const shape = x.shape.map((size, index) => (index === axis ? end - start : size));
    const inputs = [
      x,
      this.ints(`int_${start}`, [start]),
      this.ints(`int_${end}`, [end]),
      this.ints(`int_${axis}`, [axis]),
    ];
    return this.op('Slice', inputs, shape, {}, undefined, x.dtype);
  }

  split(x: Value, sizes: readonly number[]): Value[] {
    const outputs = sizes.map((size) => ({ dtype: x.dtype, shape: [...x.shape.slice(0, -1), size] }));
    return this.graph.node('Split', [x, this.ints(`split_${sizes.join('_')}`, sizes)], outputs, {
      axis: { int: -1 },
    });
  }

  concat(parts: readonly Value[], axis: number, shape: readonly Dim[]): Value {
    const [only] = parts;
    if (parts.length === 1 && only) return only;
    return this.op('Concat', parts, shape, { axis: { int: axis } }, undefined, parts[0]?.dtype);
  }

  transpose(x: Value, order: readonly number[]): Value {
    const shape = order.map((axis) => x.shape[axis] as Dim);
    return this.op('Transpose', [x], shape, { perm: { ints: order } }, undefined, x.dtype);
  }

  /** A reshape; one size of `shape` may be a name, which the runtime then works out. */
  reshape(x: Value, shape: readonly Dim[]): Value {
    const sizes = shape.map((size) => (typeof size === 'string' ? -1 : size));
    const target = this.ints(`shape_${sizes.join('_').replaceAll('-1', 'any')}`, sizes);
    return this.op('Reshape', [x, target], shape, {}, undefined, x.dtype);
  }

  ints(name: string, values: readonly number[]): Value {
    return this.graph.constant(name, 'int64', [values.length], values);
  }

  // ── Attention ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Fused attention of queries [1, n, width] over keys and values [1, m, width]; `bias` [1, 1, n, m] is added. */
  attention(q: Value, k: Value, v: Value, heads: number, bias?: Value): Value {
    const inputs = bias ? [q, k, v, null, null, bias] : [q, k, v];
    return this.op('MultiHeadAttention', inputs, q.shape, { num_heads: { int: heads } }, MICROSOFT);
  }

  /** [1, n, width] → [heads, n, width / heads]. */
  splitHeads(x: Value, heads: number): Value {
    const [, length, width] = x.shape as [Dim, Dim, number];
    return this.transpose(this.reshape(x, [length, heads, width / heads]), [1, 0, 2]);
  }

  /** [1, n, width] → [heads, width / heads, n]: keys, ready to be multiplied from the left. */
  splitKeys(x: Value, heads: number): Value {
    const [, length, width] = x.shape as [Dim, Dim, number];
    return this.transpose(this.reshape(x, [length, heads, width / heads]), [1, 2, 0]);
  }

  /** [heads, n, width / heads] → [1, n, width]. */
  joinHeads(x: Value): Value {
    const [heads, length, headWidth] = x.shape as [number, Dim, number];
    return this.reshape(this.transpose(x, [1, 0, 2]), [1, length, heads * headWidth]);
  }

  /** softmax(q · k) for split queries [heads, n, w], already scaled, and keys [heads, w, m]: [heads, n, m]. */
  attentionWeights(q: Value, k: Value): Value {
    const [heads, n] = q.shape as [number, Dim];
    return this.softmax(this.op('MatMul', [q, k], [heads, n, k.shape[2] as Dim]));
  }

  /** The attention row of the first token of `q` over `k` (both [1, ·, width], unscaled): [heads, 1, m]. */
  firstRow(q: Value, k: Value, heads: number): Value {
    const width = q.shape[2] as number;
    const first = this.op(
      'Mul',
      [this.slice(q, 1, 0, 1), this.scalar((width / heads) ** -0.5)],
      [1, 1, width],
    );
    return this.attentionWeights(this.reshape(first, [heads, 1, width / heads]), this.splitKeys(k, heads));
  }

  /** A constant in the activation type. */
  scalar(value: number): Value {
    const name = `scalar_${String(value).replace(/[^0-9a-z]/gi, '_')}`;
    const single = Float32Array.of(value);
    return this.activation === 'float32'
      ? this.graph.constant(name, 'float32', [], bytesOf(single))
      : this.graph.constant(name, 'float16', [], bytesOf(float32ToFloat16(single)));
  }
}

/** One quantisation serves two weights that are written one after the other; then it is let go. */
function shareOnce<T>(compute: () => Promise<T>): [() => Promise<T>, () => Promise<T>] {
  let pending: Promise<T> | null = null;
  const first = () => {
    pending ??= compute();
    return pending;
  };
  const second = () => {
    const result = first();
    pending = null;
    return result;
  };
  return [first, second];
}

/** An embedding table in int8 with one scale a row: rows are looked up, so a row is what shares a scale. */
function quantiseRowsInt8(table: Float32Array, count: number, width: number) {
  const rows = new Int8Array(count * width);
  const scales = new Float32Array(count);
  for (let r = 0; r < count; r++) {
    const start = r * width;
    let largest = 0;
    for (let i = start; i < start + width; i++) largest = Math.max(largest, Math.abs(table[i] as number));
    const scale = largest / 127;
    scales[r] = scale;
    if (scale === 0) continue;
    for (let i = start; i < start + width; i++) rows[i] = Math.round((table[i] as number) / scale);
  }
  return { rows, scales };
}
