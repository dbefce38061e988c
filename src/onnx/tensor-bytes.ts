// Numbers to the little-endian bytes in which ONNX stores a tensor. Large weights don't go through here: they are
// typed arrays already, whose own bytes `bytesOf` gives.

import { OnnxBuildError } from './errors.ts';
import { float32ToFloat16 } from './float16.ts';
import { bytesPerElement, type OnnxDtype } from './types.ts';

const INTEGER_RANGE: Partial<Readonly<Record<OnnxDtype, readonly [number, number]>>> = {
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  int8: [-128, 127],
  bool: [0, 1],
};

/**
 * Every number as one element. Floats are rounded to the dtype and may be infinite or NaN; an integer that is none or
 * out of range throws `bad-data` naming `what`.
 */
export function encodeNumbers(
  dtype: OnnxDtype,
  numbers: readonly number[],
  what: string,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(numbers.length * bytesPerElement(dtype));
  const view = new DataView(bytes.buffer);
  const range = INTEGER_RANGE[dtype];
  if (range !== undefined) {
    const wrong = numbers.find((value) => !Number.isInteger(value) || value < range[0] || value > range[1]);
    if (wrong !== undefined)
      throw new OnnxBuildError('bad-data', `${what}: ${wrong} is not of type ${dtype}`);
  }
  switch (dtype) {
    case 'float32':
      for (const [i, value] of numbers.entries()) view.setFloat32(i * 4, value, true);
      break;
    case 'float16':
      for (const [i, half] of float32ToFloat16(Float32Array.from(numbers)).entries()) {
        view.setUint16(i * 2, half, true);
      }
      break;
    case 'int64':
      for (const [i, value] of numbers.entries()) view.setBigInt64(i * 8, BigInt(value), true);
      break;
    case 'int32':
      for (const [i, value] of numbers.entries()) view.setInt32(i * 4, value, true);
      break;
    case 'int8':
      for (const [i, value] of numbers.entries()) view.setInt8(i, value);
      break;
    case 'uint8':
    case 'bool':
      bytes.set(numbers);
      break;
  }
  return bytes;
}

/**
 * The memory of a typed array as bytes, not copied. It is the machine's byte order; every machine that runs
 * WebAssembly's JavaScript engines is little-endian.
 */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
