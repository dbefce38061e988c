import { describe, expect, it } from 'vitest';
import { type ByteSource, bytesSource } from './byte-source.ts';
import type { TorchFileErrorCode } from './errors.ts';
import { refusal, testFile } from './testing/files.ts';
import { done, tensor } from './testing/make-pickle.ts';
import { latin1, makeZip, type ZipPart, zipPieces } from './testing/make-zip.ts';
import { openTorchFile, TorchTensor } from './torch-file.ts';

const values = Float32Array.of(1.5, -2, 3, 4);
const storageBytes = new Uint8Array(values.buffer);
const pickle: ZipPart = { name: 'a/data.pkl', bytes: latin1(done(tensor({ count: 4 }, 0, [2, 2], [2, 1]))) };
const data: ZipPart = { name: 'a/data/0', bytes: storageBytes };

async function firstTensor(source: ByteSource): Promise<TorchTensor> {
  const file = await openTorchFile(source);
  if (file instanceof TorchTensor) return file;
  throw new Error('no tensor');
}

async function codeOf(parts: readonly ZipPart[], patch: (file: Uint8Array) => void = () => {}) {
  const file = makeZip(parts);
  patch(file);
  return (await refusal(openTorchFile(bytesSource(file)))).code;
}

/** A source of which only a few pieces exist; it counts what is read. */
function sparseSource(parts: readonly ZipPart[]): ByteSource & { bytesRead: number } {
  const pieces = zipPieces(parts);
  const last = pieces.at(-1);
  return {
    bytesRead: 0,
    size: last ? last.offset + last.bytes.length : 0,
    async read(offset, length) {
      this.bytesRead += length;
      const bytes = new Uint8Array(length);
      for (const piece of pieces) {
        const from = Math.max(offset, piece.offset);
        const to = Math.min(offset + length, piece.offset + piece.bytes.length);
        if (from < to) bytes.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
      }
      return bytes;
    },
  };
}

describe('archives', () => {
  it('reads one with and without zip64 fields, and with a comment', async () => {
    for (const file of [
      makeZip([pickle, data]),
      makeZip([pickle, { ...data, zip64: true }]),
      makeZip([pickle, data], 'a comment, PK\x05\x06 within'),
    ]) {
      expect(await (await firstTensor(bytesSource(file))).read()).toEqual(values);
    }
  });

  it('reads a tensor beyond 4 GiB, and of 6 GB only a few kilobytes', async () => {
    const gap: ZipPart = { name: 'a/data/filler', bytes: '', gap: 6e9 };
    const source = sparseSource([pickle, gap, { ...data, zip64: true }]);
    expect(source.size).toBeGreaterThan(6e9);
    const found = await firstTensor(source);
    expect(await found.read()).toEqual(values);
    expect(source.bytesRead).toBeLessThan(100_000);
  });

  it('reads no storage before a tensor is read, and of it the tensor alone', async () => {
    const big: ZipPart = { name: 'a/data/0', bytes: new Uint8Array(4e6) };
    const small: ZipPart = { ...pickle, bytes: latin1(done(tensor({ count: 1e6 }, 999_000, [10], [1]))) };
    const source = sparseSource([small, big]);
    const found = await firstTensor(source);
    const before = source.bytesRead;
    await found.read();
    expect(before).toBeLessThan(200_000);
    expect(source.bytesRead - before).toBeLessThan(200);
  });

  it('refuses a zip that torch.save did not make', async () => {
    expect(await codeOf([{ name: 'readme.txt', bytes: 'hello' }])).toBe('not-an-archive');
    expect(await codeOf([{ name: 'data.pkl', bytes: 'N.' }])).toBe('not-an-archive');
    expect(await codeOf([{ name: 'a/b/data.pkl', bytes: 'N.' }])).toBe('not-an-archive');
  });

  it('refuses big-endian numbers and newer versions', async () => {
    expect(await codeOf([pickle, data, { name: 'a/byteorder', bytes: 'big' }])).toBe('unsupported');
    expect(await codeOf([pickle, data, { name: 'a/version', bytes: '11\n' }])).toBe('unsupported');
    const file = makeZip([
      pickle,
      data,
      { name: 'a/byteorder', bytes: 'little' },
      { name: 'a/version', bytes: '3\n' },
    ]);
    expect(await (await firstTensor(bytesSource(file))).read()).toEqual(values);
  });

  it('refuses an archive without a storage that it needs', async () => {
    const error = await refusal(openTorchFile(bytesSource(makeZip([pickle]))));
    expect([error.code, error.subject]).toEqual(['missing-storage', '0']);
  });

  it('refuses compressed and encrypted entries where they are needed, when opened', async () => {
    const deflated = { ...data, method: 8, claims: { size: 999 } };
    const cases: [ZipPart[], TorchFileErrorCode][] = [
      [[pickle, deflated], 'unsupported'],
      [[{ ...pickle, method: 8 }, data], 'unsupported'],
      [[pickle, { ...data, flags: 1 }], 'unsupported'],
    ];
    for (const [parts, code] of cases) expect(await codeOf(parts)).toBe(code);
    const elsewhere = makeZip([pickle, data, { ...deflated, name: 'a/notes' }]);
    expect(await (await firstTensor(bytesSource(elsewhere))).read()).toEqual(values);
  });

  it('refuses two entries of one name, naming it', async () => {
    const error = await refusal(openTorchFile(bytesSource(makeZip([pickle, data, data]))));
    expect([error.code, error.subject]).toEqual(['malformed', 'a/data/0']);
  });

  it('refuses entries whose sizes or places can not be', async () => {
    const claims: NonNullable<ZipPart['claims']>[] = [
      { size: 17 },
      { size: 16, stored: 15 },
      { size: 4e9, stored: 4e9 },
      { size: 2 ** 40, stored: 2 ** 40 },
      { size: 2 ** 63, stored: 2 ** 63 },
      { offset: 1e9 },
      { offset: 2 ** 60 },
      { offset: 0 },
    ];
    for (const claim of claims) {
      expect(await codeOf([pickle, { ...data, claims: claim, zip64: true }])).toBe('size-mismatch');
    }
  });

  it('refuses an entry that does not begin where the directory says', async () => {
    const parts = [
      { ...pickle, gap: 100 },
      { ...data, claims: { offset: 200 } },
    ];
    const found = await firstTensor(bytesSource(makeZip(parts)));
    expect((await refusal(found.read())).code).toBe('malformed');
  });

  it('refuses a directory that is not what the end of the file says', async () => {
    const end = (file: Uint8Array) => new DataView(file.buffer, file.length - 22);
    const codes: [TorchFileErrorCode, (file: Uint8Array) => void][] = [
      ['size-mismatch', (file) => end(file).setUint16(10, 9999, true)],
      ['size-mismatch', (file) => end(file).setUint16(10, 1, true)],
      ['size-mismatch', (file) => end(file).setUint16(10, 3, true)],
      ['size-mismatch', (file) => end(file).setUint32(16, 1e6, true)],
      ['malformed', (file) => end(file).setUint32(16, 0, true)],
      ['malformed', (file) => end(file).setUint32(16, 0xffffffff, true)],
      ['unsupported', (file) => end(file).setUint16(4, 2, true)],
      ['truncated', (file) => end(file).setUint16(20, 2, true)],
    ];
    for (const [code, patch] of codes) expect(await codeOf([pickle, data], patch)).toBe(code);
  });

  it('refuses a zip64 directory that is not where its locator says', async () => {
    const locator = (file: Uint8Array) => new DataView(file.buffer, file.length - 42);
    for (const place of [0n, 100n, 2n ** 62n]) {
      const file = testFile('views-zip.pth');
      locator(file).setBigUint64(8, place, true);
      expect((await refusal(openTorchFile(bytesSource(file)))).code).toBe('malformed');
    }
  });
});
