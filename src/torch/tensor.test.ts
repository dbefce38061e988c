import { describe, expect, it } from 'vitest';
import { bytesSource } from './byte-source.ts';
import { refusal } from './testing/files.ts';
import { dict, done, type StorageText, storage, tensor, text } from './testing/make-pickle.ts';
import { makeArchive } from './testing/make-zip.ts';
import { openTorchFile, TorchStorage, TorchTensor } from './torch-file.ts';

const counting = new Uint8Array(Float32Array.from({ length: 24 }, (_, i) => i).buffer);

/** A tensor on a storage of 24 float32, 0 to 23, unless the pickle says otherwise. */
async function tensorOf(
  offset: number,
  shape: number[],
  strides: number[],
  on: StorageText = { count: 24 },
): Promise<TorchTensor> {
  const file = await openTorchFile(
    bytesSource(makeArchive(done(tensor(on, offset, shape, strides)), { 0: counting })),
  );
  if (file instanceof TorchTensor) return file;
  throw new Error('no tensor');
}

describe('a tensor over a storage', () => {
  it('reads elements in row-major order whatever its strides', async () => {
    const cases: [number, number[], number[], number[]][] = [
      [0, [2, 3], [3, 1], [0, 1, 2, 3, 4, 5]],
      [4, [2, 2], [6, 1], [4, 5, 10, 11]],
      [0, [3, 2], [1, 3], [0, 3, 1, 4, 2, 5]],
      [1, [2, 2, 2], [0, 8, 4], [1, 5, 9, 13, 1, 5, 9, 13]],
      [7, [], [], [7]],
      [23, [1, 1], [1000, 1], [23]],
      [0, [4, 0, 2], [8, 8, 1], []],
      [30, [0], [1], []],
    ];
    for (const [offset, shape, strides, values] of cases) {
      const found = await tensorOf(offset, shape, strides);
      expect([...(await found.read())]).toEqual(values);
      expect(found.size).toBe(values.length);
    }
  });

  it('knows which layouts are contiguous', async () => {
    expect((await tensorOf(3, [2, 3], [3, 1])).contiguous).toBe(true);
    expect((await tensorOf(3, [2, 1, 3], [3, 99, 1])).contiguous).toBe(true);
    expect((await tensorOf(3, [2, 3], [4, 1])).contiguous).toBe(false);
    expect((await tensorOf(3, [3, 2], [1, 3])).contiguous).toBe(false);
  });

  it('gives an array of its own at every reading', async () => {
    const found = await tensorOf(0, [4], [1]);
    const first = await found.readFloat32();
    first.fill(9);
    expect([...(await found.readFloat32())]).toEqual([0, 1, 2, 3]);
  });

  it('refuses a layout that the storage is too short for', async () => {
    const layouts: [number, number[], number[]][] = [
      [0, [25], [1]],
      [1, [24], [1]],
      [0, [2, 2], [23, 1]],
      [24, [], []],
      [0, [2], [2 ** 52]],
      [2 ** 53, [1], [1]],
    ];
    for (const [offset, shape, strides] of layouts) {
      const error = await refusal(tensorOf(offset, shape, strides));
      expect([error.code, error.subject]).toEqual(['size-mismatch', '0']);
    }
  });

  it('refuses offsets, sizes and strides that are negative or of another number', async () => {
    const layouts: [number, number[], number[]][] = [
      [-1, [2], [1]],
      [0, [-2], [1]],
      [0, [-2, -2], [1, 1]],
      [5, [2], [-1]],
      [0, [2, 2], [1]],
      [0, new Array(65).fill(1), new Array(65).fill(1)],
    ];
    for (const [offset, shape, strides] of layouts) {
      expect((await refusal(tensorOf(offset, shape, strides))).code).toBe('size-mismatch');
    }
  });

  it('refuses to blow up one element to more than memory holds', async () => {
    expect((await refusal(tensorOf(0, [2 ** 20, 2 ** 20], [0, 0]))).code).toBe('too-large');
  });

  it('refuses a storage that is not as long as its tensors were told', async () => {
    const error = await refusal(tensorOf(0, [2], [1], { count: 25 }));
    expect([error.code, error.subject]).toEqual(['size-mismatch', '0']);
    expect(error.message).toContain('100 bytes and has 96');
    expect((await refusal(tensorOf(0, [2], [1], { count: 24, storageClass: 'DoubleStorage' }))).code).toBe(
      'size-mismatch',
    );
    expect((await refusal(tensorOf(0, [2], [1], { count: -24 }))).code).toBe('size-mismatch');
  });

  it('refuses a storage that is not there, by its key', async () => {
    const error = await refusal(tensorOf(0, [2], [1], { count: 24, key: '17' }));
    expect([error.code, error.subject]).toEqual(['missing-storage', '17']);
  });

  it('refuses a storage of unknown elements, by its class', async () => {
    const error = await refusal(tensorOf(0, [2], [1], { count: 24, storageClass: 'QInt8Storage' }));
    expect([error.code, error.subject]).toEqual(['unknown-dtype', 'torch.QInt8Storage']);
  });

  it('refuses a tensor on a storage without a dtype', async () => {
    expect((await refusal(tensorOf(0, [2], [1], { count: 96, storageClass: 'UntypedStorage' }))).code).toBe(
      'malformed',
    );
  });
});

describe('a storage by itself', () => {
  it('reads any range of its bytes and none beyond', async () => {
    const pickle = done(dict(text('s'), storage({ count: 96, storageClass: 'UntypedStorage' })));
    const file = await openTorchFile(bytesSource(makeArchive(pickle, { 0: counting })));
    const found = file instanceof Map ? file.get('s') : undefined;
    if (!(found instanceof TorchStorage)) throw new Error('no storage');
    expect(await found.readBytes(4, 8)).toEqual(counting.slice(4, 12));
    expect((await refusal(found.readBytes(90, 8))).code).toBe('size-mismatch');
    expect((await refusal(found.readBytes(-1, 8))).code).toBe('size-mismatch');
  });
});
