/** Writes small zip archives, well-formed or broken on purpose, for what PyTorch would never write. */

export interface ZipPart {
  readonly name: string;
  readonly bytes: Uint8Array | string;
  /** Bytes of nothing after it, which a test's source need not hold. */
  readonly gap?: number;
  readonly method?: number;
  readonly flags?: number;
  /** What the directory says instead of the truth. */
  readonly claims?: { readonly size?: number; readonly stored?: number; readonly offset?: number };
  /** Puts size and place into a zip64 field. */
  readonly zip64?: boolean;
}

/** Pieces of a file, each with its place; what lies between them is nothing in particular. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export function zipPieces(parts: readonly ZipPart[], comment = ''): Piece[] {
  const pieces: Piece[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    const bytes = typeof part.bytes === 'string' ? encode(part.bytes) : part.bytes;
    const name = encode(part.name);
    const flags = part.flags ?? 0;
    const method = part.method ?? 0;
    const offset = part.claims?.offset ?? at;
    const size = part.claims?.size ?? bytes.length;
    const stored = part.claims?.stored ?? bytes.length;
    const local = [u32(0x04034b50), u16(45, flags, method, 0, 0), u32(0, 0, 0), u16(name.length, 0), name];
    const piece = join([...local, bytes]);
    pieces.push({ offset: at, bytes: piece });
    at += piece.length + (part.gap ?? 0);

    const wide = part.zip64 ?? false;
    const extra = wide ? join([u16(1, 24), u64(size), u64(stored), u64(offset)]) : new Uint8Array(0);
    const full = 0xffffffff;
    directory.push(
      u32(0x02014b50),
      u16(45, 45, flags, method, 0, 0),
      u32(0, wide ? full : stored, wide ? full : size),
      u16(name.length, extra.length, 0, 0, 0),
      u32(0, wide ? full : offset),
      name,
      extra,
    );
  }
  const entries = join(directory);
  const note = encode(comment);
  const end = at > 0xffffffff ? zip64End(parts.length, entries.length, at) : u16();
  const tail = [
    u32(0x06054b50),
    u16(0, 0, parts.length, parts.length),
    u32(entries.length, Math.min(at, 0xffffffff)),
    u16(note.length),
    note,
  ];
  pieces.push({ offset: at, bytes: join([entries, end, ...tail]) });
  return pieces;
}

/** An archive as one array. */
export function makeZip(parts: readonly ZipPart[], comment = ''): Uint8Array {
  const pieces = zipPieces(parts, comment);
  const last = pieces.at(-1) as Piece;
  const file = new Uint8Array(last.offset + last.bytes.length);
  for (const piece of pieces) file.set(piece.bytes, piece.offset);
  return file;
}

/** An archive of torch.save around a pickle, its storages by key. */
export function makeArchive(
  pickle: Uint8Array | string,
  storages: Record<string, Uint8Array> = {},
): Uint8Array {
  const data = Object.entries(storages).map(([key, bytes]) => ({ name: `a/data/${key}`, bytes }));
  return makeZip([{ name: 'a/data.pkl', bytes: latin1(pickle) }, ...data]);
}

/** Bytes of a string whose characters are bytes. */
export function latin1(text: Uint8Array | string): Uint8Array {
  if (typeof text !== 'string') return text;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function zip64End(count: number, length: number, offset: number): Uint8Array {
  const record = [
    u32(0x06064b50),
    u64(44),
    u16(45, 45),
    u32(0, 0),
    u64(count),
    u64(count),
    u64(length),
    u64(offset),
  ];
  return join([...record, u32(0x07064b50, 0), u64(offset + length), u32(1)]);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function u16(...values: number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer);
}

function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.from([BigInt(value)]).buffer);
}
