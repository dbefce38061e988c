// One line for an error, whatever it is: the typed ones speak for themselves, Node's get words.

const NODE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'is not a folder',
  EACCES: 'may not be read or written',
  EEXIST: 'exists already',
  ENOSPC: 'cannot be written: the disk is full',
};

export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : NODE_ERRORS[code];
  const text = words && path ? `${path} ${words}.` : error.message;
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
