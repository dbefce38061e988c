// A weight file: the raw bytes of many tensors one after another, to which the models beside it refer by offset.
// Its layout is settled as tensors are added, before any is encoded; then they are encoded and written one by one, so
// that only one is ever in memory. It is not a container: there is no header, the models hold the offsets.

import { OnnxBuildError } from './errors.ts';
import { type OnnxDtype, sameShape, tensorBytes } from './types.ts';

/** One tensor of a weight file; `encode` gives its little-endian bytes, exactly as many as dtype and shape take. */
export interface WeightEntry {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  readonly encode: () => Promise<Uint8Array>;
}

/** Where a tensor lies; `file` is relative to the model's own folder, `offset` and `byteLength` are in bytes. */
export interface WeightRef {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  readonly file: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** Tensors start at multiples of this, so that a reader may map them; wider than any SIMD register. */
export const WEIGHT_ALIGNMENT = 64;

export class WeightFile {
  readonly fileName: string;
  readonly #entries: WeightEntry[] = [];
  readonly #refs = new Map<string, WeightRef>();
  #byteLength = 0;

  /** Throws `bad-name` for a path that ONNX Runtime would not open: absolute, or leading out of the folder. */
  constructor(fileName: string) {
    const parts = fileName.split('/');
    if (fileName.includes('\\') || parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw new OnnxBuildError('bad-name', `"${fileName}" is not a file below the model's folder`);
    }
    this.fileName = fileName;
  }

  /** The size of the file in bytes, with what has been added so far. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** In the order of the file. */
  get entries(): readonly WeightEntry[] {
    return this.#entries;
  }

  has(name: string): boolean {
    return this.#refs.has(name);
  }

  /**
   * Gives the tensor its place. The same name again gives the same place, if dtype and shape agree (else throws
   * `duplicate-name`): two models can share a weight.
   */
  add(entry: WeightEntry): WeightRef {
    const { name, dtype } = entry;
    const known = this.#refs.get(name);
    if (known !== undefined) {
      if (known.dtype !== dtype || !sameShape(known.shape, entry.shape)) {
        throw new OnnxBuildError(
          'duplicate-name',
          `weight "${name}" is already ${known.dtype} [${known.shape.join(', ')}], not ${dtype} [${entry.shape.join(', ')}]`,
        );
      }
      return known;
    }
    if (name === '') throw new OnnxBuildError('bad-name', 'a weight needs a name');
    const byteLength = tensorBytes(dtype, entry.shape, `weight "${name}"`);
    const offset = Math.ceil(this.#byteLength / WEIGHT_ALIGNMENT) * WEIGHT_ALIGNMENT;
    const ref: WeightRef = { name, dtype, shape: [...entry.shape], file: this.fileName, offset, byteLength };
    this.#refs.set(name, ref);
    this.#entries.push(entry);
    this.#byteLength = offset + byteLength;
    return ref;
  }

  /**
   * Encodes and writes every tensor in order, zeros between them. `sink` is awaited before the next tensor is encoded.
   * Throws `size-mismatch` if an entry's `encode` gives another number of bytes than its shape takes.
   */
  async write(
    sink: (bytes: Uint8Array) => Promise<void>,
    onProgress?: (writtenBytes: number, totalBytes: number) => void,
  ): Promise<void> {
    let written = 0;
    for (const entry of this.#entries) {
      const ref = this.#refs.get(entry.name) as WeightRef;
      if (ref.offset > written) await sink(new Uint8Array(ref.offset - written));
      const bytes = await entry.encode();
      if (bytes.byteLength !== ref.byteLength) {
        throw new OnnxBuildError(
          'size-mismatch',
          `weight "${entry.name}" was encoded to ${bytes.byteLength} bytes; ${ref.dtype} [${ref.shape.join(', ')}] takes ${ref.byteLength}`,
        );
      }
      await sink(bytes);
      written = ref.offset + ref.byteLength;
      onProgress?.(written, this.#byteLength);
    }
  }
}
