/**
 * The element types of tensors: their sizes, the storage classes that name them in a file, and how
 * raw little-endian bytes become numbers. Typed arrays use the machine's byte order; every machine
 * with a JavaScript engine today is little-endian, as are the files read here.
 */

import { float16ToFloat32 } from '../onnx/float16.ts';

export type TorchDtype =
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'float64'
  | 'uint8'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bool';

/** What `TorchTensor.read` gives: float16 and bfloat16 as their bits, bool as 0 and 1. */
export type TensorData =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>;

interface DtypeFacts {
  readonly bytes: number;
  readonly storage: string;
  /** Lays a typed array over a whole buffer. */
  readonly view: (buffer: ArrayBuffer) => TensorData;
}

const FACTS: Readonly<Record<TorchDtype, DtypeFacts>> = {
  float32: { bytes: 4, storage: 'FloatStorage', view: (buffer) => new Float32Array(buffer) },
  float16: { bytes: 2, storage: 'HalfStorage', view: (buffer) => new Uint16Array(buffer) },
  bfloat16: { bytes: 2, storage: 'BFloat16Storage', view: (buffer) => new Uint16Array(buffer) },
  float64: { bytes: 8, storage: 'DoubleStorage', view: (buffer) => new Float64Array(buffer) },
  uint8: { bytes: 1, storage: 'ByteStorage', view: (buffer) => new Uint8Array(buffer) },
  int8: { bytes: 1, storage: 'CharStorage', view: (buffer) => new Int8Array(buffer) },
  int16: { bytes: 2, storage: 'ShortStorage', view: (buffer) => new Int16Array(buffer) },
  int32: { bytes: 4, storage: 'IntStorage', view: (buffer) => new Int32Array(buffer) },
  int64: { bytes: 8, storage: 'LongStorage', view: (buffer) => new BigInt64Array(buffer) },
  bool: { bytes: 1, storage: 'BoolStorage', view: (buffer) => new Uint8Array(buffer) },
};

export const TORCH_DTYPES = Object.keys(FACTS) as TorchDtype[];

const BY_STORAGE: ReadonlyMap<string, TorchDtype> = new Map(
  TORCH_DTYPES.map((dtype) => [FACTS[dtype].storage, dtype]),
);

export function isTorchDtype(name: string): name is TorchDtype {
  return Object.hasOwn(FACTS, name);
}

export function bytesPerElement(dtype: TorchDtype): number {
  return FACTS[dtype].bytes;
}

/** The dtype of a typed storage class (`FloatStorage`), or undefined. */
export function dtypeOfStorage(className: string): TorchDtype | undefined {
  return BY_STORAGE.get(className);
}

/** Numbers over a whole buffer, without a copy. */
export function viewAs(dtype: TorchDtype, buffer: ArrayBuffer): TensorData {
  return FACTS[dtype].view(buffer);
}

/** Every dtype to float32: float64 and wide integers are rounded to the nearest float32. */
export function toFloat32(dtype: TorchDtype, data: TensorData): Float32Array<ArrayBuffer> {
  if (data instanceof Float32Array) return data;
  if (dtype === 'float16') return float16ToFloat32(data as Uint16Array);
  const values = new Float32Array(data.length);
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < data.length; i++) values[i] = Number(data[i]);
  } else if (dtype === 'bfloat16') {
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < data.length; i++) bits[i] = (data[i] as number) << 16;
  } else {
    values.set(data);
  }
  return values;
}
