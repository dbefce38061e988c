/**
 * Reads what `torch.save` writes, in either of its formats, without PyTorch and without running
 * anything: the object at once, the tensors in it when they are asked for. This is the door of the
 * folder; see `values.ts` for what comes out and `errors.ts` for what may go wrong.
 */

import { readArchive } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { TorchFileError } from './errors.ts';
import { LEGACY_STARTS, readLegacy } from './legacy.ts';
import type { TorchValue } from './values.ts';
import { ZIP_START } from './zip-directory.ts';

export type { TensorData, TorchDtype } from './dtypes.ts';
export { NumpyArray, NumpyDtype } from './numpy.ts';
export { TorchStorage, TorchTensor } from './tensor.ts';
export { PyGlobal, PyNamespace, PyTuple, type TorchValue } from './values.ts';

/** Enough of a file to tell its format: the longest of the beginnings below. */
const START_BYTES = 32;

/**
 * The object of a checkpoint or of any other file of `torch.save`.
 *
 * @throws TorchFileError whatever the file holds instead of a well-formed object of allowed kinds
 */
export async function openTorchFile(source: ByteSource): Promise<TorchValue> {
  const start = await source.read(0, Math.min(START_BYTES, source.size));
  if (start.length === 0) throw new TorchFileError('truncated', 'The file is empty.');
  if (startsLike(start, ZIP_START)) return readArchive(source);
  if (LEGACY_STARTS.some((beginning) => startsLike(start, beginning))) return readLegacy(source);
  throw new TorchFileError('not-an-archive', 'The file is not one that torch.save made.');
}

/** Whether a file begins this way, as far as it goes: one cut off within its beginning still does. */
function startsLike(start: Uint8Array, beginning: readonly number[]): boolean {
  return beginning.slice(0, start.length).every((byte, i) => start[i] === byte);
}
