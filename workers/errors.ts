// Errors as the page hears of them: a code, a sentence, and what to do next.

import type { KnownErrorCode, WorkerErrorInfo } from './protocol.ts';

/** Thrown inside the worker where the code and the remedy are known. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
  readonly code: KnownErrorCode;
  readonly hint: string | undefined;
  constructor(code: KnownErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Thrown where a request was cancelled while it ran. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** Codes of the rooms below that the page knows by another name. */
const RENAMED: Readonly<Record<string, KnownErrorCode>> = {
  'missing-file': 'fetch-failed',
  'no-precision': 'precision-unavailable',
};

export function errorInfo(error: unknown): WorkerErrorInfo {
  if (error instanceof WorkerError) {
    const { code, message, hint } = error;
    return hint === undefined ? { code, message } : { code, message, hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return { code: RENAMED[code] ?? code, message };
  if (error instanceof RangeError || /out of memory|allocation failed|bad_alloc/i.test(message)) {
    return {
      code: 'out-of-memory',
      message: 'The browser ran out of memory.',
      hint: 'Close other tabs and try again.',
    };
  }
  return { code: 'internal', message };
}
