/**
 * The directory of a zip archive, read by range: where each entry's bytes are. Stored entries alone,
 * as `torch.save` writes them, with zip64 sizes and data descriptors; it unpacks nothing and, like
 * PyTorch, checks no checksum.
 *
 * Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 (records) and 4.5.3 (zip64).
 */

import type { ByteSource } from './byte-source.ts';
import { TorchFileError } from './errors.ts';
import { MAX_DIRECTORY_BYTES } from './limits.ts';

export interface ZipEntry {
  readonly name: string;
  /** Bytes it takes up in the file. */
  readonly byteLength: number;
  /** Where its local header begins; the bytes come after it. */
  readonly headerOffset: number;
  /** Why its bytes can't be taken as they stand, or null. */
  readonly packed: 'compressed' | 'encrypted' | null;
}

/** How an archive with entries begins. */
export const ZIP_START: readonly number[] = [0x50, 0x4b, 0x03, 0x04];

const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_HEADER = 0x02014b50;
const DIRECTORY_HEADER_BYTES = 46;
const END = 0x06054b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const END64_LOCATOR = 0x07064b50;
const END64_LOCATOR_BYTES = 20;
const LONGEST_COMMENT = 0xffff;
const ZIP64_EXTRA = 0x0001;
const IN_ZIP64_16 = 0xffff;
const IN_ZIP64_32 = 0xffffffff;
const FLAG_ENCRYPTED = 1;
const STORED = 0;

interface Directory {
  readonly offset: number;
  readonly byteLength: number;
  readonly count: number;
}

/**
 * Entries by name, in the archive's order.
 *
 * @throws TorchFileError `truncated` (no directory at the end), `malformed` (records that contradict
 * the format, two entries of one name), `size-mismatch`, `unsupported` (split over files)
 */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const directory = await findDirectory(source);
  if (directory.byteLength > MAX_DIRECTORY_BYTES) {
    throw new TorchFileError('too-large', `The archive's directory has ${directory.byteLength} bytes.`);
  }
  const view = viewOf(await source.read(directory.offset, directory.byteLength));
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < directory.count; i++) {
    const { entry, next } = readEntry(view, at);
    if (entries.has(entry.name)) {
      throw new TorchFileError('malformed', `The archive has two entries named ${entry.name}.`, entry.name);
    }
    entries.set(entry.name, entry);
    at = next;
  }
  if (at !== view.byteLength) {
    throw new TorchFileError(
      'size-mismatch',
      `The archive's directory has ${view.byteLength - at} bytes too many.`,
    );
  }
  checkPlaces([...entries.values()], directory.offset);
  return entries;
}

/** @throws TorchFileError `unsupported` for an entry that is not simply stored. */
export function checkStored({ name, packed }: ZipEntry): void {
  if (packed)
    throw new TorchFileError('unsupported', `Archive entry ${name} is ${packed}; torch.save stores.`, name);
}

/** Where an entry's bytes begin. @throws TorchFileError `malformed` where its local header differs. */
export async function locateEntry(source: ByteSource, entry: ZipEntry): Promise<number> {
  const view = viewOf(await source.read(entry.headerOffset, LOCAL_HEADER_BYTES));
  if (view.getUint32(0, true) !== LOCAL_HEADER) {
    throw new TorchFileError(
      'malformed',
      `Archive entry ${entry.name} has no header where it should begin.`,
      entry.name,
    );
  }
  const offset =
    entry.headerOffset + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + entry.byteLength > source.size) {
    throw new TorchFileError(
      'size-mismatch',
      `Archive entry ${entry.name} runs past the end of the file.`,
      entry.name,
    );
  }
  return offset;
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const tailLength = Math.min(source.size, END_BYTES + LONGEST_COMMENT + END64_LOCATOR_BYTES + END64_BYTES);
  const tailOffset = source.size - tailLength;
  const tail = viewOf(await source.read(tailOffset, tailLength));
  const at = findEnd(tail);
  if (at === undefined) {
    throw new TorchFileError('truncated', 'The archive has no directory at its end: the file is cut off.');
  }
  if (tail.getUint16(at + 4, true) !== tail.getUint16(at + 6, true)) {
    throw new TorchFileError('unsupported', 'The archive is split over several files.');
  }
  const count = tail.getUint16(at + 10, true);
  const byteLength = tail.getUint32(at + 12, true);
  const offset = tail.getUint32(at + 16, true);
  const locatorAt = at - END64_LOCATOR_BYTES;
  const has64 = locatorAt >= 0 && tail.getUint32(locatorAt, true) === END64_LOCATOR;
  if (!has64) {
    if (count === IN_ZIP64_16 || byteLength === IN_ZIP64_32 || offset === IN_ZIP64_32) {
      throw new TorchFileError('malformed', 'The archive says that it has a zip64 directory, and has none.');
    }
    return checkDirectory({ offset, byteLength, count }, tailOffset + at);
  }
  const end64Offset = uint64(tail, locatorAt + 8);
  if (end64Offset + END64_BYTES > tailOffset + locatorAt) {
    throw new TorchFileError('malformed', `The archive's zip64 directory ends past its own end.`);
  }
  const end64 = viewOf(await source.read(end64Offset, END64_BYTES));
  if (end64.getUint32(0, true) !== END64) {
    throw new TorchFileError('malformed', 'The archive has no zip64 directory where it says.');
  }
  return checkDirectory(
    { count: uint64(end64, 32), byteLength: uint64(end64, 40), offset: uint64(end64, 48) },
    end64Offset,
  );
}

/** The end record is the last thing in the file but for its comment, whose length it gives. */
function findEnd(tail: DataView): number | undefined {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return undefined;
}

function checkDirectory(directory: Directory, limit: number): Directory {
  const { offset, byteLength, count } = directory;
  if (offset + byteLength > limit || count * DIRECTORY_HEADER_BYTES > byteLength) {
    throw new TorchFileError(
      'size-mismatch',
      `The archive's directory of ${count} entries can't be ${byteLength} bytes at ${offset}.`,
    );
  }
  return directory;
}

function readEntry(view: DataView, at: number): { entry: ZipEntry; next: number } {
  const left = view.byteLength - at;
  if (left < DIRECTORY_HEADER_BYTES || view.getUint32(at, true) !== DIRECTORY_HEADER) {
    throw new TorchFileError('malformed', `The archive's directory is broken at byte ${at}.`);
  }
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const commentLength = view.getUint16(at + 32, true);
  const extraAt = at + DIRECTORY_HEADER_BYTES + nameLength;
  const next = extraAt + extraLength + commentLength;
  if (next > view.byteLength) throw new TorchFileError('malformed', `The archive's directory is cut off.`);
  const name = new TextDecoder().decode(
    new Uint8Array(view.buffer, view.byteOffset + at + DIRECTORY_HEADER_BYTES, nameLength),
  );
  const fields = [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ];
  const [outside, inside, headerOffset] = widen(view, extraAt, extraLength, fields, name);
  const encrypted = view.getUint16(at + 8, true) & FLAG_ENCRYPTED;
  const packed = encrypted ? 'encrypted' : view.getUint16(at + 10, true) !== STORED ? 'compressed' : null;
  if (!packed && outside !== inside) {
    throw new TorchFileError(
      'size-mismatch',
      `Archive entry ${name} is stored, but has ${outside} bytes outside and ${inside} inside.`,
      name,
    );
  }
  return {
    entry: { name, byteLength: inside as number, headerOffset: headerOffset as number, packed },
    next,
  };
}

/** Takes the fields that 32 bits can't hold from the zip64 extra field, which lists just those, in order. */
function widen(
  view: DataView,
  at: number,
  length: number,
  fields: readonly number[],
  name: string,
): number[] {
  if (!fields.includes(IN_ZIP64_32)) return [...fields];
  const end = at + length;
  for (let field = at; field + 4 <= end; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== ZIP64_EXTRA) continue;
    let next = field + 4;
    const fieldEnd = Math.min(end, next + view.getUint16(field + 2, true));
    return fields.map((value) => {
      if (value !== IN_ZIP64_32) return value;
      next += 8;
      if (next <= fieldEnd) return uint64(view, next - 8);
      throw new TorchFileError('malformed', `Archive entry ${name} has too short a zip64 field.`, name);
    });
  }
  throw new TorchFileError(
    'malformed',
    `Archive entry ${name} has no zip64 field, which its sizes need.`,
    name,
  );
}

/** Entries stand before the directory and don't overlap. */
function checkPlaces(entries: readonly ZipEntry[], directoryOffset: number): void {
  const ordered = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  ordered.forEach((entry, i) => {
    const limit = ordered[i + 1]?.headerOffset ?? directoryOffset;
    if (entry.headerOffset + LOCAL_HEADER_BYTES + entry.byteLength > limit) {
      throw new TorchFileError(
        'size-mismatch',
        `Archive entry ${entry.name} of ${entry.byteLength} bytes runs into what follows it.`,
        entry.name,
      );
    }
  });
}

/** Eight bytes as a number; one beyond 2^53 is beyond the file, however rounded. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
