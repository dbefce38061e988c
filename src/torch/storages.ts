/**
 * Storages as a pickle names them: the tuple ('storage', class, key, device, elements) that stands
 * for one, in both formats. The device is ignored. Where the bytes are is the format's own matter.
 */

import { storageDtype } from './allow-list.ts';
import { bytesPerElement, type TorchDtype } from './dtypes.ts';
import { malformedPickle, TorchFileError } from './errors.ts';
import { kindOf, PyTuple, type TorchValue } from './values.ts';

export interface StorageName {
  readonly key: string;
  readonly dtype: TorchDtype | null;
  /** Bytes of one element: 1 for an untyped storage, whose elements are bytes. */
  readonly width: number;
  /** Bytes in all. */
  readonly byteLength: number;
  /** What the legacy format says beyond: which part of another storage it is. */
  readonly view: TorchValue | undefined;
}

/** @throws TorchFileError `malformed`, `size-mismatch` */
export function readStorageName(id: TorchValue): StorageName {
  const [tag, storageClass, key, , count, view] = id instanceof PyTuple ? id.items : [];
  if (tag !== 'storage')
    throw malformedPickle(
      `it refers to ${typeof tag === 'string' ? tag : kindOf(tag ?? id)} where a storage should be`,
    );
  const dtype = storageDtype(storageClass);
  if (dtype === undefined) throw malformedPickle(`it has ${kindOf(storageClass)} for the class of a storage`);
  if (typeof key !== 'string') throw malformedPickle(`it has ${kindOf(key)} for the key of a storage`);
  const width = dtype ? bytesPerElement(dtype) : 1;
  if (typeof count !== 'number' || !Number.isSafeInteger(count * width) || count < 0) {
    throw new TorchFileError('size-mismatch', `Storage ${key} can't have ${String(count)} elements.`, key);
  }
  return { key, dtype, width, byteLength: count * width, view };
}

export function missingStorage(key: string): TorchFileError {
  return new TorchFileError(
    'missing-storage',
    `A tensor needs storage ${key}, which the file does not hold.`,
    key,
  );
}

/** A storage whose own size is not what its tensors were told. */
export function wrongStorageSize(key: string, promised: number, found: number): TorchFileError {
  return new TorchFileError(
    'size-mismatch',
    `Storage ${key} should have ${promised} bytes and has ${found}.`,
    key,
  );
}
