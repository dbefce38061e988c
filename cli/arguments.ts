// Reading a command's arguments: Node's own parser, with its complaints turned into one line.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { PICTURE_KINDS, type PictureKind } from '../src/grounding/bundle.ts';
import type { Precision } from '../src/hivg/precision.ts';
import { isPrecision, PRECISIONS } from '../src/hivg/precision.ts';
import { CliError } from './errors.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * @param names what the positional arguments are called, in order; exactly these must be given, of a last one that ends
 *   in '…' one or more
 * @throws {CliError} naming what is missing or unknown
 */
export function readArguments<const O extends Options>(
  args: readonly string[],
  names: readonly string[],
  options: O,
) {
  let parsed: ReturnType<
    typeof parseArgs<{ args: string[]; options: O; allowPositionals: true; strict: true }>
  >;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CliError((error as Error).message);
  }
  const positionals = parsed.positionals as string[];
  const missing = names[positionals.length];
  if (missing !== undefined) throw new CliError(`${missing} is missing; --help says how to call this.`);
  const extra = names.at(-1)?.endsWith('…') ? undefined : positionals[names.length];
  if (extra !== undefined) {
    throw new CliError(`'${extra}' is one argument too many; an expression of several words needs quotes.`);
  }
  return { positionals, values: parsed.values };
}

/** @throws {CliError} naming a precision that does not exist */
export function readPrecision(name: string): Precision {
  if (!isPrecision(name)) {
    throw new CliError(`'${name}' is no precision; there are ${PRECISIONS.join(', ')}.`);
  }
  return name;
}

/** @throws {CliError} naming a kind of pictures that does not exist */
export function readPictureKind(name: string): PictureKind {
  const kind = PICTURE_KINDS.find((each) => each === name);
  if (!kind) throw new CliError(`'${name}' is no kind of pictures; there are ${PICTURE_KINDS.join(', ')}.`);
  return kind;
}

/** @throws {CliError} for what is no whole number from `least` on */
export function readCount(option: string, text: string, least = 1): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least)) throw new CliError(`${option} takes a whole number from ${least}, not '${text}'.`);
  return value;
}
