// A bundle as a folder on disk: reading its files, and writing them with the size and hash the manifest wants.

import { createHash } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BundleReader, Manifest } from '../src/grounding/bundle.ts';
import { BundleError, MANIFEST_FILE, parseManifest } from '../src/grounding/bundle.ts';
import type { BundleSink, FileSink } from '../src/hivg/convert.ts';
import { CliError } from './errors.ts';

export function folderReader(folder: string): BundleReader {
  return {
    async read(path) {
      try {
        return new Uint8Array(await readFile(join(folder, path)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
          throw new BundleError('missing-file', `The bundle ${folder} has no file '${path}'.`);
        }
        throw error;
      }
    },
  };
}

/** The manifest of a bundle folder. */
export async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST_FILE), 'utf8');
  } catch {
    throw new CliError(
      `${folder} is no bundle: it has no ${MANIFEST_FILE}. Make one with: hivg convert CHECKPOINT --out DIR`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BundleError('bad-manifest', `${join(folder, MANIFEST_FILE)} is not JSON.`);
  }
  return parseManifest(json);
}

export function folderSink(folder: string): BundleSink {
  return { file: (path) => fileSink(join(folder, path)) };
}

async function fileSink(path: string): Promise<FileSink> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'wx');
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    async write(chunk) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await handle.writeFile(chunk);
    },
    async close() {
      await handle.close();
      return { bytes, sha256: hash.digest('hex') };
    },
  };
}
