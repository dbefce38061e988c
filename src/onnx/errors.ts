// The one error this room throws. Its `code` is for programs, its message is for people and names the value, weight
// or node that is at fault.

export type OnnxBuildErrorCode =
  | 'bad-name'
  | 'bad-shape'
  | 'bad-data'
  | 'bad-attribute'
  | 'bad-argument'
  | 'dtype-mismatch'
  | 'size-mismatch'
  | 'duplicate-name'
  | 'unknown-value'
  | 'no-outputs';

export class OnnxBuildError extends Error {
  override readonly name = 'OnnxBuildError';
  readonly code: OnnxBuildErrorCode;

  constructor(code: OnnxBuildErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
