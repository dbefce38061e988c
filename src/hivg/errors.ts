// The ways in which a checkpoint can fail to be a HiVG network. Each has a code for programs and a sentence for people.

export type HivgErrorCode =
  | 'not-a-hivg-checkpoint'
  | 'unknown-architecture'
  | 'missing-keys'
  | 'unused-keys'
  | 'wrong-shape'
  | 'bad-clip-config'
  | 'missing-tokenizer'
  | 'unknown-precision';

/** Thrown for every checkpoint or setting that this room refuses; `code` is stable, `message` names the thing. */
export class HivgError extends Error {
  override readonly name = 'HivgError';
  readonly code: HivgErrorCode;
  constructor(code: HivgErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
