// The vocabulary of a graph under construction: element types, shapes, values and node attributes. It holds no tensor
// data and knows no operator; an operator's own rules are ONNX Runtime's to check when it loads the model.

import { OnnxBuildError } from './errors.ts';

export type OnnxDtype = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool';

/** A size, or the name of a size that is only known when the model runs. */
export type Dim = number | string;

/** An edge of the graph: what a graph input, a constant, a weight or a node's output gives to the nodes after it. */
export interface Value {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly Dim[];
}

/** A node's attribute; the key says its ONNX type, because `1` alone could be INT or FLOAT. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] };

/** One output of a node. Without a name it gets one from its operator. */
export interface OutputSpec {
  readonly dtype: OnnxDtype;
  readonly shape: readonly Dim[];
  readonly name?: string;
}

const BYTES_PER_ELEMENT: Readonly<Record<OnnxDtype, number>> = {
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  uint8: 1,
  int8: 1,
  bool: 1,
};

export function bytesPerElement(dtype: OnnxDtype): number {
  return BYTES_PER_ELEMENT[dtype];
}

/** The number of elements of a shape; a scalar (`[]`) has one. Throws `bad-shape` naming `what`. */
export function elementCount(shape: readonly number[], what: string): number {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new OnnxBuildError('bad-shape', `${what}: [${shape.join(', ')}] is not a shape of whole sizes`);
    }
    count *= size;
  }
  if (!Number.isSafeInteger(count)) {
    throw new OnnxBuildError('bad-shape', `${what}: [${shape.join(', ')}] has too many elements`);
  }
  return count;
}

/** The bytes a dense tensor takes. Throws `bad-shape` naming `what`. */
export function tensorBytes(dtype: OnnxDtype, shape: readonly number[], what: string): number {
  return elementCount(shape, what) * bytesPerElement(dtype);
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
