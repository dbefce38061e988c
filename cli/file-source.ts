/**
 * A file on disk as a `ByteSource`: reads by range through one open handle, so that a checkpoint of
 * gigabytes is never in memory as a whole.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { type ByteSource, checkRange, shortRead } from '../src/torch/byte-source.ts';

/** Node reads less than 2^31 bytes at once. */
const MOST_AT_ONCE = 2 ** 30;

export interface FileSource extends ByteSource {
  /** Closes the handle; nothing can be read after it. */
  close(): Promise<void>;
}

/** Opens a file for reading. Throws Node's own error (`ENOENT`, `EISDIR`, …) where it can't be. */
export async function openFileSource(path: string): Promise<FileSource> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return {
      size,
      async read(offset, length) {
        checkRange(size, offset, length);
        const bytes = new Uint8Array(length);
        await readFully(handle, bytes, offset);
        return bytes;
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readFully(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const wanted = Math.min(bytes.length - done, MOST_AT_ONCE);
    const { bytesRead } = await handle.read(bytes, done, wanted, offset + done);
    if (bytesRead === 0) throw shortRead(offset, bytes.length, done);
    done += bytesRead;
  }
}
