/**
 * The one error of this folder. Whatever a file holds, reading it either works or throws a
 * `TorchFileError`; its `code` says what kind of trouble it is, its `subject` names the thing.
 */

export type TorchFileErrorCode =
  /** The file, or a part of it that must be whole, stops too early. */
  | 'truncated'
  /** Neither a `torch.save` zip archive nor the legacy stream. */
  | 'not-an-archive'
  /** A tensor names a storage that the file does not hold. */
  | 'missing-storage'
  /** Values of a kind that this reader has no numbers for (complex, quantised, float8, …). */
  | 'unknown-dtype'
  /** The pickle names a class or function off the allow-list. Nothing was run. */
  | 'forbidden-global'
  /** A value that contains itself. */
  | 'cyclic'
  /** Values nested more deeply than any program would. */
  | 'too-deep'
  /** Two statements about sizes that can't both be true. */
  | 'size-mismatch'
  /** Beyond one of the limits in `limits.ts`. */
  | 'too-large'
  /** Bytes that break the rules of the format they stand in. */
  | 'malformed'
  /** Within the rules of a format, but nothing `torch.save` makes today (big-endian, compressed, …). */
  | 'unsupported';

export class TorchFileError extends Error {
  override readonly name = 'TorchFileError';
  readonly code: TorchFileErrorCode;
  /** What it is about: the full name of a global, an archive entry, a storage key; may be empty. */
  readonly subject: string;

  constructor(code: TorchFileErrorCode, message: string, subject = '') {
    super(message);
    this.code = code;
    this.subject = subject;
  }
}

/** The error for a pickle that breaks its own rules. */
export function malformedPickle(why: string): TorchFileError {
  return new TorchFileError('malformed', `The pickle is not well-formed: ${why}.`);
}
