/**
 * The text arguments of protocol 0: numbers, quoted strings and raw-unicode-escaped text, each on a
 * line of its own. `torch.save` writes protocol 2; these occur in pickles made by hand or long ago.
 */

import { TorchFileError } from './errors.ts';
import { MAX_INTEGER_BYTES } from './limits.ts';
import { bytesOfLatin1, narrow, textOrBytes } from './pickle-bytes.ts';

/** `I`: a decimal integer, or `00` and `01` for False and True. */
export function textInt(line: string): number | bigint | boolean {
  if (line === '00') return false;
  if (line === '01') return true;
  return textLong(line);
}

/** `L`: a decimal integer, with or without Python 2's closing L. */
export function textLong(line: string): number | bigint {
  const digits = line.replace(/L$/, '');
  if (digits.length > MAX_INTEGER_BYTES) {
    throw new TorchFileError('too-large', `An integer of ${digits.length} digits is too long.`);
  }
  if (!/^\s*[+-]?\d+\s*$/.test(digits)) throw malformed('an integer', line);
  return narrow(BigInt(digits.replace('+', '')));
}

/** `F`: a decimal float, as Python's repr writes it. */
export function textFloat(line: string): number {
  const named: Record<string, number> = { inf: Infinity, '-inf': -Infinity, nan: Number.NaN };
  if (Object.hasOwn(named, line)) return named[line] as number;
  if (line.length > MAX_INTEGER_BYTES) {
    throw new TorchFileError('too-large', `A float of ${line.length} digits is too long.`);
  }
  // Each digit can belong to one place alone, so that no line makes the expression try again and again.
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(line)) throw malformed('a float', line);
  return Number(line);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** `S`: a Python string literal of bytes: text where it is UTF-8, else bytes. */
export function textString(line: string): string | Uint8Array {
  const quote = line[0];
  if (line.length < 2 || (quote !== "'" && quote !== '"') || line.at(-1) !== quote) {
    throw malformed('a quoted string', line);
  }
  const text = line.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[\s\S])/g, (whole, code: string) => {
    if (/^x[0-9a-fA-F]{2}$/.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
    return ESCAPES[code] ?? whole;
  });
  return textOrBytes(bytesOfLatin1(text));
}

/** `V`: Latin-1 text in which \uXXXX and \UXXXXXXXX stand for other characters. */
export function textUnicode(line: string): string {
  return line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (_, short: string, long: string) => {
    const point = Number.parseInt(short ?? long, 16);
    if (point > 0x10ffff) throw malformed('a character', `\\U${long}`);
    return String.fromCodePoint(point);
  });
}

function malformed(what: string, line: string): TorchFileError {
  return new TorchFileError('malformed', `The pickle has ${JSON.stringify(line.slice(0, 40))} for ${what}.`);
}
