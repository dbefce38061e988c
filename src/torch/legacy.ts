/**
 * The stream that `torch.save` wrote before PyTorch 1.6, and still writes on demand: five pickles
 * (magic number, protocol, facts about the machine, the object, the keys of its storages), then each
 * storage as an int64 count and its elements. The older tar format is not read.
 */

import { allowedGlobal, buildObject, callGlobal } from './allow-list.ts';
import { type ByteSource, checkRange } from './byte-source.ts';
import { malformedPickle, TorchFileError } from './errors.ts';
import { MAX_LEGACY_STORAGES, MAX_PICKLE_BYTES } from './limits.ts';
import { type PickleHost, readPickle } from './pickle.ts';
import { missingStorage, readStorageName, type StorageName, wrongStorageSize } from './storages.ts';
import { TorchStorage } from './tensor.ts';
import { kindOf, PyTuple, type TorchValue } from './values.ts';

/** torch.serialization.MAGIC_NUMBER and PROTOCOL_VERSION. */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
/**
 * How a stream may begin: the magic number as text (protocol 1), as ten bytes (2, 3), and as ten bytes
 * in a frame (4, 5).
 */
const MAGIC_BYTES = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const FRAME_START = [0x95, 0x0d, 0, 0, 0, 0, 0, 0, 0];
export const LEGACY_STARTS: readonly (readonly number[])[] = [
  [...new TextEncoder().encode(`L${MAGIC_NUMBER}`)],
  [0x80, 2, ...MAGIC_BYTES],
  [0x80, 3, ...MAGIC_BYTES],
  [0x80, 4, ...FRAME_START, ...MAGIC_BYTES],
  [0x80, 5, ...FRAME_START, ...MAGIC_BYTES],
];

/** Bytes read at first where a pickle's length is not known; four times as many at each further try. */
const FIRST_WINDOW = 2 ** 16;
const COUNT_BYTES = 8;

/** The root object of a stream; its tensors are read later, by range. @throws TorchFileError */
export async function readLegacy(source: ByteSource): Promise<TorchValue> {
  const plain = plainHost();
  const magic = await readPickleAt(source, 0, () => plain);
  if (magic.value !== MAGIC_NUMBER) throw malformedPickle('it has another magic number than torch.save');
  const protocol = await readPickleAt(source, magic.end, () => plain);
  if (protocol.value !== PROTOCOL_VERSION) {
    throw new TorchFileError(
      'unsupported',
      `The stream has protocol ${kindOf(protocol.value)}, not ${PROTOCOL_VERSION}.`,
    );
  }
  const machine = await readPickleAt(source, protocol.end, () => plain);
  if (!(machine.value instanceof Map))
    throw malformedPickle(`${kindOf(machine.value)} describes the machine`);
  if (machine.value.get('little_endian') !== true) {
    throw new TorchFileError(
      'unsupported',
      `The file's numbers are big-endian; little-endian is read.`,
      'byteorder',
    );
  }

  const places = new Map<string, number>();
  let wanted = new Map<string, StorageName>();
  const object = await readPickleAt(source, machine.end, () => {
    wanted = new Map();
    return storageHost(source, wanted, places);
  });
  const keys = await readPickleAt(source, object.end, () => plain);
  await findStorages(source, keys, wanted, places);
  for (const key of wanted.keys()) if (!places.has(key)) throw missingStorage(key);
  return object.value;
}

/** Walks over the storages, noting where each one's elements begin. */
async function findStorages(
  source: ByteSource,
  keys: { value: TorchValue; end: number },
  wanted: ReadonlyMap<string, StorageName>,
  places: Map<string, number>,
): Promise<void> {
  if (!Array.isArray(keys.value)) throw malformedPickle(`${kindOf(keys.value)} lists the storages`);
  if (keys.value.length > MAX_LEGACY_STORAGES)
    throw new TorchFileError('too-large', 'The file has too many storages.');
  let at = keys.end;
  for (const key of keys.value) {
    if (typeof key !== 'string') throw malformedPickle(`${kindOf(key)} is the key of a storage`);
    if (places.has(key)) throw new TorchFileError('malformed', `Storage ${key} is there twice.`, key);
    const name = wanted.get(key);
    // Its elements' width is known from the object alone, so that what follows can't be found.
    if (!name) throw new TorchFileError('malformed', `Storage ${key} belongs to no tensor.`, key);
    const count = new DataView((await source.read(at, COUNT_BYTES)).buffer).getBigInt64(0, true);
    if (count !== BigInt(name.byteLength / name.width)) {
      throw wrongStorageSize(key, name.byteLength, Number(count) * name.width);
    }
    checkRange(source.size, at + COUNT_BYTES, name.byteLength);
    places.set(key, at + COUNT_BYTES);
    at += COUNT_BYTES + name.byteLength;
  }
}

function storageHost(
  source: ByteSource,
  wanted: Map<string, StorageName>,
  places: ReadonlyMap<string, number>,
): PickleHost {
  const storages = new Map<string, TorchStorage>();
  return {
    global: allowedGlobal,
    call: callGlobal,
    build: buildObject,
    persistent(id) {
      const name = readStorageName(id);
      const before = wanted.get(name.key);
      if (before && (before.byteLength !== name.byteLength || before.width !== name.width)) {
        throw wrongStorageSize(name.key, before.byteLength, name.byteLength);
      }
      wanted.set(name.key, name);
      const part = partOf(name);
      const label = `${name.key} ${name.dtype} ${part.offset} ${part.byteLength}`;
      const known = storages.get(label);
      if (known) return known;
      const storage = new TorchStorage(source, name.key, name.dtype, part.byteLength, async () => {
        const place = places.get(name.key);
        if (place === undefined) throw missingStorage(name.key);
        return place + part.offset;
      });
      storages.set(label, storage);
      return storage;
    },
  };
}

/** Old files have storages that are part of another: (key of the view, offset, elements). */
function partOf({ key, width, byteLength, view }: StorageName): { offset: number; byteLength: number } {
  if (view === undefined || view === null) return { offset: 0, byteLength };
  const [, start, count] = view instanceof PyTuple ? view.items : [];
  if (typeof start !== 'number' || typeof count !== 'number') {
    throw malformedPickle(`a storage has ${kindOf(view)} for its part of another`);
  }
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(count) && start >= 0 && count >= 0;
  if (!whole || (start + count) * width > byteLength) {
    throw new TorchFileError(
      'size-mismatch',
      `Elements ${start} to ${start + count} are not in storage ${key}.`,
      key,
    );
  }
  return { offset: start * width, byteLength: count * width };
}

/** For pickles of plain values alone: every name of anything else is refused. */
function plainHost(): PickleHost {
  const refuse = () => {
    throw malformedPickle('it refers to something where plain values should be');
  };
  return {
    global(module, name) {
      throw new TorchFileError(
        'forbidden-global',
        `${module}.${name} has no place here; nothing was run.`,
        `${module}.${name}`,
      );
    },
    call: refuse,
    build: refuse,
    persistent: refuse,
  };
}

/**
 * Reads a pickle whose end is not known: a small window first, a larger one while the pickle runs out
 * of it. `makeHost` is called for each try, since a try that fails has already used its host.
 */
async function readPickleAt(
  source: ByteSource,
  offset: number,
  makeHost: () => PickleHost,
): Promise<{ value: TorchValue; end: number }> {
  const left = source.size - offset;
  for (let window = FIRST_WINDOW; ; window *= 4) {
    const length = Math.min(window, left, MAX_PICKLE_BYTES);
    const bytes = await source.read(offset, length);
    try {
      const { value, end } = readPickle(bytes, makeHost());
      return { value, end: offset + end };
    } catch (error) {
      if (!(error instanceof TorchFileError) || error.code !== 'truncated' || length === left) throw error;
      if (length === MAX_PICKLE_BYTES) {
        throw new TorchFileError(
          'too-large',
          `The object at byte ${offset} is longer than ${MAX_PICKLE_BYTES} bytes.`,
        );
      }
    }
  }
}
