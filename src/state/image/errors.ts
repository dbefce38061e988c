/** What can be wrong with a file that somebody hopes is an image, in words for them. */

export type ImageFileErrorCode =
  | 'empty-file'
  | 'not-an-image'
  | 'unsupported-image'
  | 'broken-image'
  | 'too-large'
  | 'unreadable';

export class ImageFileError extends Error {
  readonly code: ImageFileErrorCode;
  /** What to do about it, one sentence. */
  readonly hint: string;

  constructor(code: ImageFileErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImageFileError';
    this.code = code;
    this.hint = hint;
  }
}
