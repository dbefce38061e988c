/**
 * Reads and writes safetensors files: eight bytes of header length, a JSON header, then the tensors' bytes,
 * little-endian (format: huggingface/safetensors, README). For results, dumps and reference cases, which are
 * small: whole files in memory. Not for checkpoints, which are read by range in `src/torch`.
 */

import { SafetensorsError } from './errors.ts';

const DTYPES = {
  F32: Float32Array,
  F16: Uint16Array, // the bits: the platform has no half-precision array everywhere yet
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

export type SafetensorsDtype = keyof typeof DTYPES;

/** Over any buffer: what comes out of a runtime may lie in shared memory. */
interface Arrays {
  F32: Float32Array;
  F16: Uint16Array;
  I64: BigInt64Array;
  I32: Int32Array;
  U8: Uint8Array;
}
type ArrayOf<Dtype extends SafetensorsDtype> = Arrays[Dtype];

interface TensorOf<Dtype extends SafetensorsDtype> {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major; `F16` as its bits. */
  readonly data: ArrayOf<Dtype>;
}

/** One tensor; its `dtype` tells the type of its `data`. */
export type SafetensorsTensor = { [Dtype in SafetensorsDtype]: TensorOf<Dtype> }[SafetensorsDtype];

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit; a length beyond it means that the file is something else. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

/**
 * @param bytes a whole file
 * @throws SafetensorsError naming the tensor where one is at fault
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.byteLength < LENGTH_BYTES) {
    throw new SafetensorsError('truncated', `A safetensors file of ${bytes.byteLength} bytes has no header.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsError(
      'header-too-large',
      `The header would be ${headerBytes} bytes long; this is not a safetensors file.`,
    );
  }
  const dataStart = LENGTH_BYTES + Number(headerBytes);
  if (dataStart > bytes.byteLength) {
    throw new SafetensorsError('truncated', `The file ends inside its header of ${headerBytes} bytes.`);
  }
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const dataBytes = bytes.byteLength - dataStart;
  checkLayout(header.entries, dataBytes);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of header.entries) {
    // A copy, since a tensor may start at an offset its array type can't view.
    const own = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end)).buffer;
    tensors.set(name, { dtype, shape, data: new DTYPES[dtype](own) } as SafetensorsTensor);
  }
  return { tensors, metadata: header.metadata };
}

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array): { entries: Entry[]; metadata: Record<string, string> } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new SafetensorsError('bad-header', 'The header is not JSON.');
  }
  if (!isRecord(parsed)) throw new SafetensorsError('bad-header', 'The header is not a JSON object.');
  const metadata: Record<string, string> = {};
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(isRecord(value) ? value : {})) metadata[key] = String(text);
    } else {
      entries.push(parseEntry(name, value));
    }
  }
  return { entries, metadata };
}

function parseEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw new SafetensorsError('bad-header', `Tensor "${name}" lacks a dtype, shape or data_offsets.`);
  }
  if (!isDtype(dtype)) {
    throw new SafetensorsError(
      'unknown-dtype',
      `Tensor "${name}" has dtype ${dtype}, which is not read here.`,
    );
  }
  const [begin = 0, end = 0] = offsets;
  const expected = byteLengthOf(dtype, shape);
  if (end - begin !== expected) {
    throw new SafetensorsError(
      'size-mismatch',
      `Tensor "${name}" of ${dtype} [${shape}] needs ${expected} bytes; its offsets give ${end - begin}.`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The format's rule: the tensors fill the data from first byte to last, without overlap or gap. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (end > dataBytes) {
      throw new SafetensorsError(
        'truncated',
        `Tensor "${name}" ends at byte ${end} of the data, which has ${dataBytes}.`,
      );
    }
    if (begin !== at) {
      const fault = begin < at ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new SafetensorsError('bad-offsets', `Tensor "${name}" at byte ${begin} ${fault}.`);
    }
    at = end;
  }
  if (at !== dataBytes) {
    throw new SafetensorsError(
      'bad-offsets',
      `${dataBytes - at} bytes after the last tensor belong to none.`,
    );
  }
}

/**
 * @returns a whole file; header padded with spaces, so that the data starts at a multiple of 8 bytes
 * @throws SafetensorsError `size-mismatch` where data and shape don't agree
 */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: SafetensorsTensor]>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const header = new Map<string, unknown>(metadata === undefined ? [] : [['__metadata__', metadata]]);
  const parts: Uint8Array[] = [];
  let at = 0;
  // Widest elements first, so that every tensor starts where its element type may.
  const widestFirst = [...tensors].sort(([, a], [, b]) => elementBytes(b.dtype) - elementBytes(a.dtype));
  for (const [name, { dtype, shape, data }] of widestFirst) {
    if (data.byteLength !== byteLengthOf(dtype, shape)) {
      throw new SafetensorsError(
        'size-mismatch',
        `Tensor "${name}" of ${dtype} [${shape}] was given ${data.length} values.`,
      );
    }
    header.set(name, { dtype, shape, data_offsets: [at, at + data.byteLength] });
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    at += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const headerBytes = Math.ceil(json.byteLength / 8) * 8;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(' '.charCodeAt(0), LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  file.set(json, LENGTH_BYTES);
  let target = LENGTH_BYTES + headerBytes;
  for (const part of parts) {
    file.set(part, target);
    target += part.byteLength;
  }
  return file;
}

function byteLengthOf(dtype: SafetensorsDtype, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, elementBytes(dtype));
}

function elementBytes(dtype: SafetensorsDtype): number {
  return DTYPES[dtype].BYTES_PER_ELEMENT;
}

function isDtype(name: string): name is SafetensorsDtype {
  return Object.hasOwn(DTYPES, name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
