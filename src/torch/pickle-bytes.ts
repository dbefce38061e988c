/**
 * The arguments of pickle opcodes, taken one after another from bytes in memory: little-endian
 * numbers, lines of text, counted strings. It knows no opcode.
 */

import { TorchFileError } from './errors.ts';
import { MAX_INTEGER_BYTES, MAX_STRING_BYTES } from './limits.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LINE_END = 0x0a;

export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Where the next byte is taken from. */
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves on by `count` bytes and gives where they begin. @throws TorchFileError `truncated` */
  #advance(count: number): number {
    const start = this.position;
    if (count > this.#bytes.length - start) {
      throw new TorchFileError('truncated', `The pickle ends at byte ${this.#bytes.length}, within a value.`);
    }
    this.position = start + count;
    return start;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }
  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  /** Eight bytes as a number; what is beyond 2^53 is beyond every limit here, however rounded. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }
  /** Floats are big-endian, alone in the format. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** `count` bytes, copied. @throws TorchFileError `too-large`, `truncated` */
  bytes(count: number): Uint8Array {
    return new Uint8Array(this.#counted(count));
  }

  /** `count` bytes of UTF-8. @throws TorchFileError `malformed` where they are not UTF-8. */
  utf8(count: number): string {
    return decodeUtf8(this.#counted(count));
  }

  /** A Python 2 string: text where it is UTF-8, else bytes. */
  byteString(count: number): string | Uint8Array {
    return textOrBytes(this.#counted(count));
  }

  /** Two's complement, little-endian, any width. */
  integer(count: number): number | bigint {
    if (count > MAX_INTEGER_BYTES) throw tooLong('An integer', count);
    const bytes = this.#bytes.subarray(this.#advance(count), this.position);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
    return narrow(BigInt.asIntN(count * 8, value));
  }

  /** A line of text without its end, each byte a character. */
  line(): string {
    const end = this.#bytes.indexOf(LINE_END, this.position);
    const length = (end < 0 ? this.#bytes.length : end) - this.position;
    if (length > MAX_STRING_BYTES) throw tooLong('A line', length);
    const start = this.#advance(length + 1);
    return latin1(this.#bytes.subarray(start, start + length));
  }

  /** A line of UTF-8 text: names of modules and globals. */
  utf8Line(): string {
    return decodeUtf8(bytesOfLatin1(this.line()));
  }

  /** Checks that `count` bytes are still to come: the promise of a protocol 4 frame. */
  expect(count: number): void {
    const before = this.position;
    this.#advance(count);
    this.position = before;
  }

  #counted(count: number): Uint8Array {
    if (count > MAX_STRING_BYTES) throw tooLong('A string', count);
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }
}

/** An integer as a number where it is exact. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new TorchFileError('malformed', 'A string of the pickle is not UTF-8.');
  }
}

/** Each byte a character. (The platform's "latin1" decoder is windows-1252, which differs.) */
function latin1(bytes: Uint8Array): string {
  const step = 8192; // arguments a call can take in every engine
  let text = '';
  for (let at = 0; at < bytes.length; at += step) {
    text += String.fromCharCode(...bytes.subarray(at, at + step));
  }
  return text;
}

/** The reverse of Latin-1 decoding. @throws TorchFileError `malformed` for a character beyond U+00FF. */
export function bytesOfLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new TorchFileError('malformed', `Character ${code} is not Latin-1.`);
    bytes[i] = code;
  }
  return bytes;
}

function tooLong(what: string, count: number): TorchFileError {
  return new TorchFileError('too-large', `${what} of ${count} bytes is longer than the pickle reader takes.`);
}
