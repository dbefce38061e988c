/**
 * Lazy tensors: a shape and strides over a storage, which is a range of the file. Making one checks
 * every size and reads nothing; reading one reads the bytes between its first and last element.
 */

import type { ByteSource } from './byte-source.ts';
import { bytesPerElement, type TensorData, type TorchDtype, toFloat32, viewAs } from './dtypes.ts';
import { TorchFileError } from './errors.ts';
import { MAX_RANK, MAX_TENSOR_BYTES } from './limits.ts';

/** Finds the first byte of a storage in the file; called when it is first read. */
export type StoragePlace = () => Promise<number>;

/** A range of the file that tensors share. */
export class TorchStorage {
  get kind(): 'storage' {
    return 'storage';
  }
  readonly key: string;
  /** The dtype its class names, or null for an UntypedStorage. */
  readonly dtype: TorchDtype | null;
  readonly byteLength: number;
  readonly #source: ByteSource;
  readonly #place: StoragePlace;

  constructor(
    source: ByteSource,
    key: string,
    dtype: TorchDtype | null,
    byteLength: number,
    place: StoragePlace,
  ) {
    this.#source = source;
    this.#place = place;
    this.key = key;
    this.dtype = dtype;
    this.byteLength = byteLength;
  }

  /** The storage's bytes from `offset` on, in a fresh array. @throws TorchFileError */
  async readBytes(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < 0 || length < 0 || offset + length > this.byteLength) {
      throw new TorchFileError(
        'size-mismatch',
        `Storage ${this.key} has ${this.byteLength} bytes; ${offset} to ${offset + length} were asked for.`,
        this.key,
      );
    }
    return this.#source.read((await this.#place()) + offset, length);
  }
}

/** What a tensor is made of; strides and offset count elements, as in PyTorch. */
export interface TensorLayout {
  readonly dtype: TorchDtype;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

export class TorchTensor {
  get kind(): 'tensor' {
    return 'tensor';
  }
  readonly dtype: TorchDtype;
  /** Sizes of the dimensions; empty for a scalar. */
  readonly shape: readonly number[];
  /** Elements from one index to the next, for each dimension. */
  readonly strides: readonly number[];
  /** The first element's place in the storage, in elements. */
  readonly offset: number;
  readonly storage: TorchStorage;
  /** Elements in all. */
  readonly size: number;

  /** @throws TorchFileError `size-mismatch` where the storage is shorter than the layout needs. */
  constructor(storage: TorchStorage, layout: TensorLayout) {
    this.storage = storage;
    this.dtype = layout.dtype;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.size = checkLayout(storage, layout);
  }

  /** Whether the elements stand in the storage in row-major order without gaps. */
  get contiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      const length = this.shape[axis] as number;
      if (length === 0) return true;
      if (length !== 1 && this.strides[axis] !== expected) return false;
      expected *= length;
    }
    return true;
  }

  /**
   * All elements in row-major order, in a fresh array of the tensor's own dtype; float16 and bfloat16
   * come as their bits, bool as 0 and 1.
   *
   * @throws TorchFileError `truncated`, or `too-large` where there is no memory for it.
   */
  async read(): Promise<TensorData> {
    const width = bytesPerElement(this.dtype);
    return withMemory(this.storage.key, async () => {
      if (this.size === 0) return viewAs(this.dtype, new ArrayBuffer(0));
      const bytes = await this.storage.readBytes(this.offset * width, (this.#lastElement() + 1) * width);
      const data = viewAs(this.dtype, bytes.buffer);
      return this.contiguous ? data : this.#gather(data);
    });
  }

  /** As `read`, with every dtype turned into float32. */
  async readFloat32(): Promise<Float32Array<ArrayBuffer>> {
    const data = await this.read();
    return withMemory(this.storage.key, async () => toFloat32(this.dtype, data));
  }

  #lastElement(): number {
    return this.shape.reduce((sum, length, axis) => sum + (length - 1) * (this.strides[axis] as number), 0);
  }

  /** Copies strided elements into row-major order: an odometer over all axes but the last. */
  #gather(data: TensorData): TensorData {
    const result = viewAs(this.dtype, new ArrayBuffer(this.size * bytesPerElement(this.dtype)));
    const last = this.shape.length - 1;
    const rowLength = this.shape[last] as number;
    const rowStride = this.strides[last] as number;
    const index = new Array<number>(last).fill(0);
    let row = 0;
    for (let to = 0; to < this.size; ) {
      for (let i = 0, from = row; i < rowLength; i++, from += rowStride) result[to++] = data[from] as never;
      for (let axis = last - 1; axis >= 0; axis--) {
        const stride = this.strides[axis] as number;
        const next = (index[axis] as number) + 1;
        row += stride;
        if (next < (this.shape[axis] as number)) {
          index[axis] = next;
          break;
        }
        row -= next * stride;
        index[axis] = 0;
      }
    }
    return result;
  }
}

/** Number of elements of a layout that fits its storage; throws otherwise. */
function checkLayout(storage: TorchStorage, { dtype, shape, strides, offset }: TensorLayout): number {
  const wrong = (why: string) =>
    new TorchFileError(
      'size-mismatch',
      `A tensor of shape [${shape.slice(0, MAX_RANK).join(', ')}] on storage ${storage.key}: ${why}.`,
      storage.key,
    );
  if (shape.length > MAX_RANK) throw wrong(`${shape.length} dimensions are more than ${MAX_RANK}`);
  if (shape.length !== strides.length)
    throw wrong(`${strides.length} strides for ${shape.length} dimensions`);
  const numbers = [offset, ...shape, ...strides];
  if (!numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw wrong(`offset ${offset} and strides [${strides.join(', ')}] must be whole and not negative`);
  }
  const size = shape.reduce((product, length) => product * length, 1);
  const width = bytesPerElement(dtype);
  if (shape.includes(0)) return 0;
  const span = shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] as number), 1);
  const needed = (offset + span) * width;
  if (needed > storage.byteLength) {
    throw wrong(`it needs ${needed} bytes of ${dtype}, the storage has ${storage.byteLength}`);
  }
  if (Math.max(size, span) * width > MAX_TENSOR_BYTES) {
    throw new TorchFileError(
      'too-large',
      `A tensor of ${size} elements of ${dtype} is too large.`,
      storage.key,
    );
  }
  return size;
}

/** Turns the engine's RangeError for an allocation it can't make into a typed error. */
async function withMemory<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TorchFileError('too-large', `There is no memory for a tensor on storage ${key}.`, key);
  }
}
