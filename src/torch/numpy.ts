/**
 * numpy's arrays, scalars and dtypes as pickles hold them. Numbers become typed arrays in row-major
 * order; text and objects become plain arrays. Structured, complex and time dtypes are refused.
 */

import { float16ToFloat32 } from '../onnx/float16.ts';
import { malformedPickle, TorchFileError } from './errors.ts';
import { MAX_RANK, MAX_STRING_BYTES } from './limits.ts';
import { narrow } from './pickle-bytes.ts';
import { kindOf, PyTuple, type TorchValue } from './values.ts';

/** Elements of an array; float16 as its bits, bool as 0 and 1. */
export type NumpyData =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | TorchValue[];

type View = (buffer: ArrayBuffer) => Exclude<NumpyData, TorchValue[]>;

/** Name and typed array of each fixed-width dtype, by numpy's kind and width. */
const NUMBERS: ReadonlyMap<string, { readonly name: string; readonly view: View }> = new Map([
  ['b1', { name: 'bool', view: (buffer: ArrayBuffer) => new Uint8Array(buffer) }],
  ['i1', { name: 'int8', view: (buffer: ArrayBuffer) => new Int8Array(buffer) }],
  ['i2', { name: 'int16', view: (buffer: ArrayBuffer) => new Int16Array(buffer) }],
  ['i4', { name: 'int32', view: (buffer: ArrayBuffer) => new Int32Array(buffer) }],
  ['i8', { name: 'int64', view: (buffer: ArrayBuffer) => new BigInt64Array(buffer) }],
  ['u1', { name: 'uint8', view: (buffer: ArrayBuffer) => new Uint8Array(buffer) }],
  ['u2', { name: 'uint16', view: (buffer: ArrayBuffer) => new Uint16Array(buffer) }],
  ['u4', { name: 'uint32', view: (buffer: ArrayBuffer) => new Uint32Array(buffer) }],
  ['u8', { name: 'uint64', view: (buffer: ArrayBuffer) => new BigUint64Array(buffer) }],
  ['f2', { name: 'float16', view: (buffer: ArrayBuffer) => new Uint16Array(buffer) }],
  ['f4', { name: 'float32', view: (buffer: ArrayBuffer) => new Float32Array(buffer) }],
  ['f8', { name: 'float64', view: (buffer: ArrayBuffer) => new Float64Array(buffer) }],
]);

/** A numpy dtype: numbers, text (`str`, `bytes`, of a fixed width) or `object`. */
export class NumpyDtype {
  get kind(): 'numpy-dtype' {
    return 'numpy-dtype';
  }
  /** `float64`, …, `str`, `bytes`, `object`. */
  readonly name: string;
  /** Bytes of one element. */
  readonly itemSize: number;
  /** Lays numbers over a buffer; null for text and objects. */
  readonly view: View | null;

  /** @param spec as numpy writes it: `f8`, `<i4`, `U12`, `O8`. @throws TorchFileError `unknown-dtype` */
  constructor(spec: string) {
    const match = /^([<>=|]?)([a-zA-Z])(\d{0,9})$/.exec(spec);
    if (!match) throw unknownDtype(spec);
    const [, order, kind, digits] = match as unknown as [string, string, string, string];
    const count = Number(digits);
    const number = NUMBERS.get(kind + digits);
    if (number) {
      this.name = number.name;
      this.view = number.view;
      this.itemSize = count;
    } else {
      const text = kind === 'U' ? 'str' : kind === 'S' ? 'bytes' : kind === 'O' ? 'object' : undefined;
      if (!text) throw unknownDtype(spec);
      this.name = text;
      this.view = null;
      this.itemSize = kind === 'U' ? count * 4 : count;
    }
    if (order === '>') this.checkByteOrder(order);
  }

  /** @throws TorchFileError `unsupported` for big-endian elements. */
  checkByteOrder(order: TorchValue | undefined): void {
    if (order === '<' || order === '|' || order === '=') return;
    throw new TorchFileError('unsupported', `numpy dtype ${this.name} is not little-endian.`, this.name);
  }

  /** Elements from their bytes. */
  decode(bytes: Uint8Array, count: number): NumpyData {
    if (this.name === 'object') throw malformedPickle('an object array is stored as bytes');
    if (bytes.length !== count * this.itemSize) {
      throw new TorchFileError(
        'size-mismatch',
        `A numpy array of ${count} ${this.name} needs ${count * this.itemSize} bytes and has ${bytes.length}.`,
      );
    }
    if (this.view) return this.view(new Uint8Array(bytes).buffer);
    const items: TorchValue[] = [];
    for (let i = 0; i < count; i++) {
      const item = bytes.subarray(i * this.itemSize, (i + 1) * this.itemSize);
      items.push(this.name === 'str' ? decodeUtf32(item) : withoutTrailingZeros(item));
    }
    return items;
  }
}

/** An array; `data` is in row-major order whatever order the file has it in. */
export class NumpyArray {
  get kind(): 'numpy-array' {
    return 'numpy-array';
  }
  readonly dtype: string = 'int8';
  readonly shape: readonly number[] = [0];
  readonly data: NumpyData = new Int8Array(0);
}

/** Sets what an array holds. The array object comes first in a pickle and its content later. */
export function fillArray(
  array: NumpyArray,
  dtype: NumpyDtype,
  shape: readonly number[],
  content: TorchValue,
  columnMajor: boolean,
): void {
  const count = elementCount(shape);
  const data = dtype.name === 'object' ? objects(content, count) : dtype.decode(bytesOf(content), count);
  const writable = array as { dtype: string; shape: readonly number[]; data: NumpyData };
  writable.dtype = dtype.name;
  writable.shape = shape;
  writable.data = columnMajor && shape.length > 1 ? rowMajor(data, shape) : data;
}

/** An `ndarray.__setstate__` tuple: version, shape, dtype, is column-major, bytes or list. */
export function buildArray(array: NumpyArray, state: TorchValue): void {
  const items = state instanceof PyTuple ? state.items : [];
  // Very old files leave out the version.
  const [shape, dtype, columnMajor, content] = items.length === 5 ? items.slice(1) : items;
  if (!(dtype instanceof NumpyDtype) || typeof columnMajor !== 'boolean' || content === undefined) {
    throw malformedPickle(`a numpy array has ${kindOf(state)} for its state`);
  }
  fillArray(array, dtype, shapeOf(shape), content, columnMajor);
}

/** A `dtype.__setstate__` tuple: only what changes nothing is taken. */
export function buildDtype(dtype: NumpyDtype, state: TorchValue): void {
  const [, order, subarray, names, fields] = state instanceof PyTuple ? state.items : [];
  if (order === undefined) throw malformedPickle(`a numpy dtype has ${kindOf(state)} for its state`);
  if (subarray !== null || names !== null || fields !== null) throw unknownDtype(`${dtype.name} with fields`);
  dtype.checkByteOrder(order);
}

/** One element: a number where it is exact, else a bigint; bool, text, bytes or the object itself. */
export function scalar(dtype: TorchValue | undefined, content: TorchValue | undefined): TorchValue {
  if (!(dtype instanceof NumpyDtype) || content === undefined)
    throw malformedPickle('a numpy scalar has no dtype');
  if (dtype.name === 'object') return content;
  const data = dtype.decode(bytesOf(content), 1);
  const value = data[0] as TorchValue;
  if (dtype.name === 'bool') return value !== 0;
  if (data instanceof Uint16Array && dtype.name === 'float16') return float16ToFloat32(data)[0] as number;
  return typeof value === 'bigint' ? narrow(value) : value;
}

/** A shape from a tuple of whole numbers. */
export function shapeOf(value: TorchValue | undefined): number[] {
  const items = value instanceof PyTuple ? value.items : typeof value === 'number' ? [value] : undefined;
  if (!items || items.length > MAX_RANK)
    throw malformedPickle(`a numpy array has ${kindOf(value)} for its shape`);
  return items.map((item) => {
    if (typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) return item;
    throw malformedPickle(`a numpy array has ${kindOf(item)} for a size`);
  });
}

function elementCount(shape: readonly number[]): number {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count > MAX_STRING_BYTES) throw new TorchFileError('too-large', `A numpy array of ${count} elements.`);
  return count;
}

function bytesOf(content: TorchValue): Uint8Array {
  if (content instanceof Uint8Array) return content;
  // A Python 2 byte string that happened to be UTF-8; encoding it again gives its very bytes.
  if (typeof content === 'string') return new TextEncoder().encode(content);
  throw malformedPickle(`a numpy array has ${kindOf(content)} for its content`);
}

function objects(content: TorchValue, count: number): TorchValue[] {
  if (!Array.isArray(content))
    throw malformedPickle(`an object array has ${kindOf(content)} for its content`);
  if (content.length === count) return [...content];
  throw new TorchFileError('size-mismatch', `An array of ${count} objects holds ${content.length}.`);
}

function rowMajor(data: NumpyData, shape: readonly number[]): NumpyData {
  const result = data.slice();
  const index = new Array<number>(shape.length).fill(0);
  const strides = shape.map((_, axis) =>
    shape.slice(0, axis).reduce((product, length) => product * length, 1),
  );
  for (let to = 0, from = 0; to < data.length; to++) {
    result[to] = data[from] as never;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] as number;
      const next = (index[axis] as number) + 1;
      from += stride;
      if (next < (shape[axis] as number)) {
        index[axis] = next;
        break;
      }
      from -= next * stride;
      index[axis] = 0;
    }
  }
  return result;
}

function decodeUtf32(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const points: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const point = view.getUint32(at, true);
    if (point > 0x10ffff) throw malformedPickle(`a numpy string has character ${point}`);
    points.push(point);
  }
  while (points.at(-1) === 0) points.pop();
  return points.map((point) => String.fromCodePoint(point)).join('');
}

function withoutTrailingZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return new Uint8Array(bytes.subarray(0, end));
}

function unknownDtype(spec: string): TorchFileError {
  return new TorchFileError('unknown-dtype', `numpy dtype ${spec} is not known.`, spec);
}
