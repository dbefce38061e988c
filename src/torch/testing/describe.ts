/** Says what a value of a file is, in the exact form of expected.jsonl (see make-files.py). */

import { bytesPerElement, type TensorData } from '../dtypes.ts';
import type { NumpyData } from '../numpy.ts';
import {
  NumpyArray,
  NumpyDtype,
  PyGlobal,
  PyNamespace,
  PyTuple,
  TorchStorage,
  type TorchTensor,
  type TorchValue,
} from '../torch-file.ts';

export type Description = null | boolean | { [kind: string]: unknown };

export async function describeValue(value: TorchValue): Promise<Description> {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return { number: doubleHex(value) };
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value === 'string') return { str: value };
  if (value instanceof Uint8Array) return { bytes: hex(value) };
  if (value instanceof PyTuple) return { tuple: await describeAll(value.items) };
  if (Array.isArray(value)) return { list: await describeAll(value) };
  if (value instanceof Set) {
    const members = await describeAll(value);
    return { set: members.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
  }
  if (value instanceof Map) return { dict: await Promise.all([...value].map((entry) => describeAll(entry))) };
  if (value instanceof PyNamespace) {
    const fields = [...value.fields].map(async ([name, field]) => [name, await describeValue(field)]);
    return { namespace: await Promise.all(fields) };
  }
  if (value instanceof PyGlobal) return { global: value.fullName };
  if (value instanceof NumpyDtype) return { dtype: value.name };
  if (value instanceof NumpyArray) return describeArray(value);
  if (value instanceof TorchStorage) {
    return { storage: value.dtype, data: hex(await value.readBytes(0, value.byteLength)) };
  }
  return describeTensor(value);
}

async function describeAll(values: Iterable<TorchValue>): Promise<Description[]> {
  return Promise.all([...values].map(describeValue));
}

async function describeArray({ dtype, shape, data }: NumpyArray): Promise<Description> {
  if (Array.isArray(data)) return { array: dtype, shape, items: await describeAll(data) };
  return { array: dtype, shape, data: hexOf(data) };
}

async function describeTensor(tensor: TorchTensor): Promise<Description> {
  const data = await tensor.read();
  if (data.BYTES_PER_ELEMENT !== bytesPerElement(tensor.dtype)) throw new Error('array of another width');
  return {
    tensor: tensor.dtype,
    shape: tensor.shape,
    strides: tensor.strides,
    data: hexOf(data),
    float32: hexOf(await tensor.readFloat32()),
  };
}

function hexOf(data: TensorData | Exclude<NumpyData, TorchValue[]>): string {
  return hex(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function doubleHex(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return hex(new Uint8Array(view.buffer));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
