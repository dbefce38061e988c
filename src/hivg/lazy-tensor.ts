// Weights that are not in memory yet, and the exact algebra done on them before they are written: LoRA merges,
// stacked q, k, v, two linear layers in a row made one. Nothing is read until `load`, and nothing is kept after it.

import { HivgError } from './errors.ts';

/** A float32 tensor, row-major, read when asked for. */
export interface LazyTensor {
  readonly shape: readonly number[];
  load(): Promise<Float32Array>;
}

/** A linear layer: `weight` [outputs, inputs] as PyTorch stores it, `bias` [outputs] or none. */
export interface LazyLinear {
  readonly weight: LazyTensor;
  readonly bias: LazyTensor | null;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The two sizes of a matrix, in words of a linear layer. Throws `wrong-shape` for any other rank. */
export function matrixSize(tensor: LazyTensor): { outputs: number; inputs: number } {
  const [outputs, inputs] = tensor.shape;
  if (tensor.shape.length !== 2 || outputs === undefined || inputs === undefined) {
    throw new HivgError('wrong-shape', `A matrix was expected, not a tensor of shape [${tensor.shape}].`);
  }
  return { outputs, inputs };
}

/** The same elements under another shape; `map` may change them in place. */
export function reshaped(
  tensor: LazyTensor,
  shape: readonly number[],
  map?: (values: Float32Array) => Float32Array,
): LazyTensor {
  return {
    shape,
    load: async () => {
      const values = await tensor.load();
      return map ? map(values) : values;
    },
  };
}

/** `tensor · factor + offset`, element by element. */
export function affine(tensor: LazyTensor, factor: number, offset = 0): LazyTensor {
  return reshaped(tensor, tensor.shape, (values) => values.map((value) => value * factor + offset));
}

/** A linear layer whose outputs are multiplied by `factor` (an attention scale, taken into the queries). */
export function scaledLinear(linear: LazyLinear, factor: number): LazyLinear {
  return {
    weight: affine(linear.weight, factor),
    bias: linear.bias && affine(linear.bias, factor),
  };
}

/** Rows `start` to `end` (exclusive) of a matrix or elements of a vector. */
export function rows(tensor: LazyTensor, start: number, end: number): LazyTensor {
  const [, ...rest] = tensor.shape;
  const stride = elementCount(rest);
  return reshaped(tensor, [end - start, ...rest], (values) => values.slice(start * stride, end * stride));
}

export function linearRows(linear: LazyLinear, start: number, end: number): LazyLinear {
  return { weight: rows(linear.weight, start, end), bias: linear.bias && rows(linear.bias, start, end) };
}

/** Tensors stacked along their first axis. */
export function stacked(parts: readonly LazyTensor[]): LazyTensor {
  const [first] = parts;
  if (!first) throw new HivgError('wrong-shape', 'Nothing to stack.');
  const shape = [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...first.shape.slice(1)];
  return {
    shape,
    load: async () => {
      const all = new Float32Array(elementCount(shape));
      let offset = 0;
      for (const part of parts) {
        all.set(await part.load(), offset);
        offset += elementCount(part.shape);
      }
      return all;
    },
  };
}

/** Linear layers that read the same input, as one product; their outputs stand one after another. */
export function stackedLinears(parts: readonly LazyLinear[]): LazyLinear {
  const biases = parts.map((part) => part.bias ?? zeros([matrixSize(part.weight).outputs]));
  return { weight: stacked(parts.map((part) => part.weight)), bias: stacked(biases) };
}

export function zeros(shape: readonly number[]): LazyTensor {
  return { shape, load: async () => new Float32Array(elementCount(shape)) };
}

/** One row of a matrix, added to by a vector: the class token with its own position. */
export function sum(a: LazyTensor, b: LazyTensor): LazyTensor {
  return {
    shape: a.shape,
    load: async () => {
      const [left, right] = [await a.load(), await b.load()];
      return left.map((value, index) => value + (right[index] ?? 0));
    },
  };
}

/**
 * Two linear layers with nothing between them, as one: `outer(inner(x)) = (Wo·Wi)·x + (Wo·bi + bo)`.
 * Exact but for rounding.
 */
export function composed(outer: LazyLinear, inner: LazyLinear): LazyLinear {
  const { outputs, inputs: middle } = matrixSize(outer.weight);
  const { outputs: innerOutputs, inputs } = matrixSize(inner.weight);
  if (middle !== innerOutputs) {
    throw new HivgError(
      'wrong-shape',
      `A layer of ${middle} inputs cannot follow one of ${innerOutputs} outputs.`,
    );
  }
  const weight: LazyTensor = {
    shape: [outputs, inputs],
    load: async () => multiply(await outer.weight.load(), await inner.weight.load(), outputs, middle, inputs),
  };
  if (!inner.bias) return { weight, bias: outer.bias };
  const innerBias = inner.bias;
  const bias: LazyTensor = {
    shape: [outputs],
    load: async () => {
      const shift = multiply(await outer.weight.load(), await innerBias.load(), outputs, middle, 1);
      const own = outer.bias ? await outer.bias.load() : new Float32Array(outputs);
      return own.map((value, index) => value + (shift[index] ?? 0));
    },
  };
  return { weight, bias };
}

/** `x · Wᵀ` for constant rows x [n, inputs]: a table of what a linear layer (without bias) makes of them. */
export function appliedTo(weight: LazyTensor, x: LazyTensor): LazyTensor {
  const { outputs, inputs } = matrixSize(weight);
  const { outputs: count, inputs: width } = matrixSize(x);
  if (width !== inputs) {
    throw new HivgError('wrong-shape', `Rows of ${width} do not fit a layer of ${inputs} inputs.`);
  }
  return {
    shape: [count, outputs],
    load: async () => {
      const w = await weight.load();
      const transposed = new Float32Array(w.length);
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inputs; i++) transposed[i * outputs + o] = w[o * inputs + i] as number;
      }
      return multiply(await x.load(), transposed, count, inputs, outputs);
    },
  };
}

/** W + factor · B·A: a low-rank adapter merged into the weight it adapts (LoRA; alpha / rank is `factor`). */
export function withLora(
  weight: LazyTensor,
  loraA: LazyTensor,
  loraB: LazyTensor,
  factor: number,
): LazyTensor {
  const { outputs, inputs } = matrixSize(weight);
  const rank = matrixSize(loraA).outputs;
  if (matrixSize(loraA).inputs !== inputs || loraB.shape[0] !== outputs || loraB.shape[1] !== rank) {
    throw new HivgError(
      'wrong-shape',
      `LoRA of shapes [${loraA.shape}] and [${loraB.shape}] does not fit a weight of shape [${weight.shape}].`,
    );
  }
  return {
    shape: weight.shape,
    load: async () => {
      const base = await weight.load();
      const delta = multiply(await loraB.load(), await loraA.load(), outputs, rank, inputs);
      return base.map((value, index) => value + factor * (delta[index] as number));
    },
  };
}

/**
 * A plain matrix product, a [n, m] · b [m, p]. Row by row over b, so that every inner loop runs over consecutive
 * memory; four rows of b at a time, which halves the traffic. Sums in float64, so that a product made once at
 * conversion adds one rounding and no more.
 */
export function multiply(a: Float32Array, b: Float32Array, n: number, m: number, p: number): Float32Array {
  const out = new Float32Array(n * p);
  const row = new Float64Array(p);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    let j = 0;
    for (; j + 4 <= m; j += 4) {
      const [a0, a1, a2, a3] = a.subarray(i * m + j, i * m + j + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const b0 = b.subarray(j * p, (j + 1) * p);
      const b1 = b.subarray((j + 1) * p, (j + 2) * p);
      const b2 = b.subarray((j + 2) * p, (j + 3) * p);
      const b3 = b.subarray((j + 3) * p, (j + 4) * p);
      for (let k = 0; k < p; k++) {
        row[k] =
          (row[k] as number) +
          a0 * (b0[k] as number) +
          a1 * (b1[k] as number) +
          a2 * (b2[k] as number) +
          a3 * (b3[k] as number);
      }
    }
    for (; j < m; j++) {
      const value = a[i * m + j] as number;
      for (let k = 0; k < p; k++) row[k] = (row[k] as number) + value * (b[j * p + k] as number);
    }
    out.set(row, i * p);
  }
  return out;
}
