import { describe, expect, test } from 'vitest';
import { WeightFile } from './external-data.ts';
import { collect } from './testing/run-model.ts';

const bytes = (length: number, fill: number) => async () => new Uint8Array(length).fill(fill);

describe('a weight file', () => {
  test('puts every tensor at a multiple of 64 bytes, with zeros between', async () => {
    const file = new WeightFile('w.bin');
    expect(file.byteLength).toBe(0);
    const a = file.add({ name: 'a', dtype: 'uint8', shape: [3, 5], encode: bytes(15, 1) });
    const b = file.add({ name: 'b', dtype: 'float16', shape: [32], encode: bytes(64, 2) });
    const c = file.add({ name: 'c', dtype: 'int64', shape: [], encode: bytes(8, 3) });
    expect([a, b, c].map((ref) => [ref.offset, ref.byteLength, ref.file])).toEqual([
      [0, 15, 'w.bin'],
      [64, 64, 'w.bin'],
      [128, 8, 'w.bin'],
    ]);
    expect(file.byteLength).toBe(136);
    const written = await collect(file);
    const expected = new Uint8Array(136).fill(1, 0, 15).fill(2, 64, 128).fill(3, 128);
    expect([...written]).toEqual([...expected]);
  });

  test('encodes one tensor at a time, waits for the sink, and says how far it is', async () => {
    const log: string[] = [];
    const file = new WeightFile('w.bin');
    for (const name of ['a', 'b']) {
      const encode = async () => {
        log.push(`encode ${name}`);
        return new Uint8Array(64);
      };
      file.add({ name, dtype: 'uint8', shape: [64], encode });
    }
    await file.write(
      async (part) => {
        await Promise.resolve();
        log.push(`wrote ${part.length}`);
      },
      (written, total) => log.push(`${written} of ${total}`),
    );
    expect(log).toEqual(['encode a', 'wrote 64', '64 of 128', 'encode b', 'wrote 64', '128 of 128']);
  });

  test('gives a name that comes again its place again, if type and shape agree', () => {
    const file = new WeightFile('w.bin');
    const entry = { name: 'a', dtype: 'float32', shape: [2, 3], encode: bytes(24, 0) } as const;
    const ref = file.add(entry);
    expect(file.add({ ...entry, encode: bytes(24, 1) })).toBe(ref);
    expect(file.entries).toHaveLength(1);
    expect(file.has('a')).toBe(true);
    expect(file.has('b')).toBe(false);
    for (const other of [{ shape: [3, 2] }, { shape: [6] }, { dtype: 'int32' as const }]) {
      expect(() => file.add({ ...entry, ...other })).toThrow(
        expect.objectContaining({ code: 'duplicate-name', message: expect.stringContaining('"a"') }),
      );
    }
  });

  test('refuses a tensor that was encoded to another size, by its name', async () => {
    const file = new WeightFile('w.bin');
    file.add({ name: 'short', dtype: 'float32', shape: [2], encode: bytes(4, 0) });
    await expect(collect(file)).rejects.toMatchObject({
      code: 'size-mismatch',
      message: expect.stringContaining('"short"'),
    });
  });

  test.each(['', '/w.bin', '../w.bin', 'a/../../w.bin', 'a//b', './w.bin', 'a\\b'])(
    'is not called %j',
    (name) => {
      expect(() => new WeightFile(name)).toThrow(expect.objectContaining({ code: 'bad-name' }));
    },
  );

  test('refuses shapes that are none', () => {
    const file = new WeightFile('w.bin');
    const add = (name: string, shape: number[]) =>
      file.add({ name, dtype: 'uint8', shape, encode: bytes(0, 0) });
    expect(() => add('a', [-1])).toThrow(expect.objectContaining({ code: 'bad-shape' }));
    expect(() => add('a', [2 ** 30, 2 ** 30])).toThrow(expect.objectContaining({ code: 'bad-shape' }));
    expect(() => add('', [1])).toThrow(expect.objectContaining({ code: 'bad-name' }));
  });
});
