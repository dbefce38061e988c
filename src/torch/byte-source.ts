/**
 * Where bytes come from: something of known size that can be read by range. A `Blob` and bytes in
 * memory are here; a file handle of Node is in `cli/file-source.ts`. Nothing is cached.
 */

import { TorchFileError } from './errors.ts';

export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes from `offset` into a fresh array that starts its own buffer, so that
   * the caller may keep it, write to it and lay a typed array over it.
   *
   * @throws TorchFileError `truncated` where the range leaves the source or the source gives less.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Throws `truncated` unless `length` bytes from `offset` lie inside `size`. */
export function checkRange(size: number, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!whole || offset + length > size) {
    throw new TorchFileError(
      'truncated',
      `The file ends at byte ${size}, but bytes ${offset} to ${offset + length} were to be read.`,
    );
  }
}

/** Throws `truncated`: the source gave less than its size promised (a file that shrank meanwhile). */
export function shortRead(offset: number, wanted: number, got: number): TorchFileError {
  return new TorchFileError('truncated', `Only ${got} of ${wanted} bytes could be read at byte ${offset}.`);
}

/** Reads from a `Blob` or `File`; only the asked range is ever brought into memory. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async read(offset, length) {
      checkRange(blob.size, offset, length);
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      if (bytes.length !== length) throw shortRead(offset, length, bytes.length);
      return bytes;
    },
  };
}

/** Reads from bytes in memory; every read is a copy. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      checkRange(bytes.length, offset, length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}
