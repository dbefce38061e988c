// From an opened `torch.save` file to a checked checkpoint: finds `model` and `args` in what the author saved.

import { Checkpoint } from '../hivg/checkpoint.ts';
import type { CheckpointArgs, ClipConfig } from '../hivg/config.ts';
import { HivgError } from '../hivg/errors.ts';
import type { ByteSource } from '../torch/byte-source.ts';
import { openTorchFile, PyNamespace, PyTuple, TorchTensor, type TorchValue } from '../torch/torch-file.ts';

/**
 * Opens a checkpoint in the original's format: `{model, optimizer, lr_scheduler, epoch, args, val_accu}`.
 *
 * @throws {TorchFileError} where the file cannot be read, {HivgError} where it holds another network
 */
export async function openCheckpoint(source: ByteSource, clipConfig?: ClipConfig): Promise<Checkpoint> {
  const root = await openTorchFile(source);
  const model = root instanceof Map ? root.get('model') : undefined;
  if (!(root instanceof Map) || !(model instanceof Map)) {
    throw new HivgError('not-a-hivg-checkpoint', "This is not a HiVG checkpoint: it holds no 'model'.");
  }
  const args = root.get('args');
  if (!(args instanceof PyNamespace)) {
    throw new HivgError(
      'not-a-hivg-checkpoint',
      "This checkpoint has no 'args' (argparse.Namespace), so its architecture is unknown. Is it the CLIP part alone?",
    );
  }
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of model) {
    if (typeof name !== 'string' || !(value instanceof TorchTensor)) {
      throw new HivgError(
        'not-a-hivg-checkpoint',
        `The checkpoint's 'model' holds '${String(name)}', which is no tensor.`,
      );
    }
    tensors.set(name, value);
  }
  return Checkpoint.open(tensors, plainArgs(args.fields), clipConfig);
}

/** The arguments as plain values; tuples as lists. */
function plainArgs(fields: ReadonlyMap<string, TorchValue>): CheckpointArgs {
  return new Map(
    [...fields].map(([name, value]) => [name, value instanceof PyTuple ? [...value.items] : value]),
  );
}
