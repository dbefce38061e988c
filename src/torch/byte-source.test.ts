import { describe, expect, it } from 'vitest';
import { blobSource, bytesSource } from './byte-source.ts';
import { refusal } from './testing/files.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const sources = { blob: blobSource(new Blob([bytes])), bytes: bytesSource(bytes) };

for (const [name, source] of Object.entries(sources)) {
  describe(`a source of a ${name}`, () => {
    it('reads ranges, the empty one included', async () => {
      expect(source.size).toBe(100);
      expect(await source.read(10, 3)).toEqual(Uint8Array.of(10, 11, 12));
      expect(await source.read(100, 0)).toEqual(new Uint8Array(0));
    });

    it('gives an array of its own that starts its buffer', async () => {
      const read = await source.read(3, 4);
      expect([read.byteOffset, read.buffer.byteLength]).toEqual([0, 4]);
      read.fill(255);
      expect(await source.read(3, 4)).toEqual(Uint8Array.of(3, 4, 5, 6));
    });

    it('refuses ranges that leave it', async () => {
      for (const [offset, length] of [
        [98, 3],
        [101, 0],
        [-1, 2],
        [0, -1],
        [0.5, 1],
        [2 ** 60, 1],
        [Number.NaN, 1],
      ] as const) {
        expect((await refusal(source.read(offset, length))).code).toBe('truncated');
      }
    });
  });
}
