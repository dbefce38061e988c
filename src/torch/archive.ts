/**
 * The zip format of `torch.save` (PyTorch 1.6 and later): `NAME/data.pkl` with the object, and its
 * storages beside it as `NAME/data/KEY`. Not TorchScript, which is a zip as well and holds code.
 */

import { allowedGlobal, buildObject, callGlobal } from './allow-list.ts';
import type { ByteSource } from './byte-source.ts';
import { TorchFileError } from './errors.ts';
import { MAX_PICKLE_BYTES } from './limits.ts';
import { readPickle } from './pickle.ts';
import { missingStorage, readStorageName, wrongStorageSize } from './storages.ts';
import { TorchStorage } from './tensor.ts';
import type { TorchValue } from './values.ts';
import { checkStored, locateEntry, readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** What PyTorch itself reads: kMaxSupportedFileFormatVersion in caffe2/serialize/versions.h. */
const NEWEST_VERSION = 10;
/** `byteorder` and `version` hold a word or a number. */
const LONGEST_NOTE = 64;

/** The root object of an archive; its tensors are read later, by range. @throws TorchFileError */
export async function readArchive(source: ByteSource): Promise<TorchValue> {
  const entries = await readZipDirectory(source);
  const folder = folderOf(entries);
  if (entries.has(`${folder}/constants.pkl`)) {
    throw new TorchFileError('unsupported', 'The file is a TorchScript program, not a checkpoint.');
  }
  await checkByteOrder(source, entries.get(`${folder}/byteorder`));
  await checkVersion(source, entries.get(`${folder}/version`));

  const bytes = await readEntry(source, entries.get(`${folder}/data.pkl`) as ZipEntry, MAX_PICKLE_BYTES);
  const storages = new Map<string, TorchStorage>();
  return readPickle(bytes, {
    global: allowedGlobal,
    call: callGlobal,
    build: buildObject,
    persistent(id) {
      const { key, dtype, byteLength } = readStorageName(id);
      const entry = entries.get(`${folder}/data/${key}`);
      if (!entry) throw missingStorage(key);
      checkStored(entry);
      if (entry.byteLength !== byteLength) throw wrongStorageSize(key, byteLength, entry.byteLength);
      const known = storages.get(key);
      if (known?.dtype === dtype) return known;
      const storage = new TorchStorage(
        source,
        key,
        dtype,
        byteLength,
        once(() => locateEntry(source, entry)),
      );
      storages.set(key, storage);
      return storage;
    },
  }).value;
}

/** The one top-level folder, named after the file it was first saved as. */
function folderOf(entries: ReadonlyMap<string, ZipEntry>): string {
  for (const name of entries.keys()) {
    const [folder, rest] = name.split(/\/(.*)/s);
    if (folder && rest === 'data.pkl') return folder;
  }
  throw new TorchFileError(
    'not-an-archive',
    'The file is a zip archive, but not one of torch.save: no data.pkl.',
  );
}

async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (!entry) return; // not written before PyTorch 2.1
  const order = await readNote(source, entry);
  if (order === 'little') return;
  throw new TorchFileError(
    'unsupported',
    `The file's numbers are ${order}-endian; little-endian is read.`,
    'byteorder',
  );
}

async function checkVersion(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (!entry) return;
  const version = await readNote(source, entry);
  if (/^\d{1,9}$/.test(version) && Number(version) <= NEWEST_VERSION) return;
  throw new TorchFileError(
    'unsupported',
    `The file has format version ${version}; up to ${NEWEST_VERSION} is read.`,
  );
}

async function readNote(source: ByteSource, entry: ZipEntry): Promise<string> {
  return new TextDecoder().decode(await readEntry(source, entry, LONGEST_NOTE)).trim();
}

async function readEntry(source: ByteSource, entry: ZipEntry, limit: number): Promise<Uint8Array> {
  checkStored(entry);
  if (entry.byteLength > limit) {
    throw new TorchFileError(
      'too-large',
      `Archive entry ${entry.name} has ${entry.byteLength} bytes.`,
      entry.name,
    );
  }
  return source.read(await locateEntry(source, entry), entry.byteLength);
}

/** Asks once and keeps the answer, unless the question failed. */
function once(ask: () => Promise<number>): () => Promise<number> {
  let answer: Promise<number> | undefined;
  return () => {
    answer ??= ask().catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
