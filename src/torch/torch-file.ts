/**
 * Reads what `torch.save` writes, in either of its formats, without PyTorch and without running
 * anything: the object at once, the tensors in it when they are asked for. This is the door of the
 * folder; see `values.ts` for what comes out and `errors.ts` for what may go wrong.
 */

import { readArchive } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import { TorchFileError } from './errors.ts';
import { looksLegacy, readLegacy } from './legacy.ts';
import type { TorchValue } from './values.ts';
import { looksLikeZip } from './zip-directory.ts';

export type { TensorData, TorchDtype } from './dtypes.ts';
export { NumpyArray, NumpyDtype } from './numpy.ts';
export { TorchStorage, TorchTensor } from './tensor.ts';
export { PyGlobal, PyNamespace, PyTuple, type TorchValue } from './values.ts';

/** Enough of a file to tell its format. */
const START_BYTES = 14;

/**
 * The object of a checkpoint or of any other file of `torch.save`.
 *
 * @throws TorchFileError whatever the file holds instead of a well-formed object of allowed kinds
 */
export async function openTorchFile(source: ByteSource): Promise<TorchValue> {
  const start = await source.read(0, Math.min(START_BYTES, source.size));
  if (looksLikeZip(start)) return readArchive(source);
  if (looksLegacy(start)) return readLegacy(source);
  throw new TorchFileError('not-an-archive', 'The file is not one that torch.save made.');
}
