// A mistake in how the command was called, or something it was pointed at: said in one line, exit code 1.

export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code = 'cli';
}
