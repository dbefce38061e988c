import { describe, expect, it } from 'vitest';
import type { SafetensorsTensor } from './safetensors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { readFixtureTensors } from './testing/fixture-files.ts';

const some: [string, SafetensorsTensor][] = [
  ['flags', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 0, 255) }],
  ['halves', { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) }],
  ['floats', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 1e-30) }],
  ['scalar', { dtype: 'I32', shape: [], data: Int32Array.of(-7) }],
  ['ids', { dtype: 'I64', shape: [2], data: BigInt64Array.of(49406n, -1n) }],
  ['nothing', { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) }],
];

/** A file with this header and this many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('writing and reading', () => {
  it('gives back every dtype, shape and name', () => {
    const { tensors, metadata } = readSafetensors(writeSafetensors(some, { made: 'here' }));
    expect(new Map(tensors)).toEqual(new Map(some));
    expect(metadata).toEqual({ made: 'here' });
  });

  it('starts the data at a multiple of 8 bytes and every tensor where its element type may start', () => {
    const file = writeSafetensors(some);
    const view = new DataView(file.buffer);
    const headerBytes = Number(view.getBigUint64(0, true));
    expect((8 + headerBytes) % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes))) as Record<
      string,
      { data_offsets: [number, number] }
    >;
    for (const [name, { data }] of some) {
      expect((header[name]?.data_offsets[0] ?? Number.NaN) % data.BYTES_PER_ELEMENT).toBe(0);
    }
  });

  it('reads from the middle of a larger buffer', () => {
    const file = writeSafetensors(some);
    const larger = new Uint8Array(file.length + 13);
    larger.set(file, 13);
    expect(readSafetensors(larger.subarray(13)).tensors.get('floats')).toEqual(some[2]?.[1]);
  });

  it('keeps a tensor whose name is also a property of every object', () => {
    const tensor: SafetensorsTensor = { dtype: 'U8', shape: [1], data: Uint8Array.of(9) };
    expect(readSafetensors(writeSafetensors([['__proto__', tensor]])).tensors.get('__proto__')).toEqual(
      tensor,
    );
  });

  it('reads the reference cases', async () => {
    const tensors = await readFixtureTensors('base-unc-stage0/expected.safetensors');
    expect(tensors.get('0/box')).toMatchObject({ dtype: 'F32', shape: [4] });
    expect(tensors.get('0/reg_attention')?.shape).toEqual([6, 8, 275]);
  });

  it('refuses to write a tensor whose shape is not that of its data', () => {
    const wrong: SafetensorsTensor = { dtype: 'F32', shape: [3], data: new Float32Array(4) };
    expect(() => writeSafetensors([['box', wrong]])).toThrow(
      expect.objectContaining({ code: 'size-mismatch', message: expect.stringContaining('"box"') }),
    );
  });
});

describe('bad files', () => {
  const whole = writeSafetensors(some);
  it.each([
    ['nothing at all', new Uint8Array(0), 'truncated'],
    ['an end inside the header', whole.subarray(0, 40), 'truncated'],
    ['an end inside the data', whole.subarray(0, whole.length - 1), 'truncated'],
    ['another kind of file', Uint8Array.from({ length: 64 }, (_, i) => 200 - i), 'header-too-large'],
    ['a header that is not JSON', fileOf('{"a": ', 0), 'bad-header'],
    ['a header that is a list', fileOf([1, 2], 0), 'bad-header'],
    ['a tensor that is a number', fileOf({ a: 3 }, 0), 'bad-header'],
    ['a negative size', fileOf({ a: f32(0, 4, [-1]) }, 4), 'bad-header'],
    ['offsets that are not whole', fileOf({ a: f32(0.5, 4.5, [1]) }, 8), 'bad-header'],
    ['a dtype it does not read', fileOf({ a: { ...f32(0, 4), dtype: 'F8_E4M3' } }, 4), 'unknown-dtype'],
    [
      'a dtype named like a property',
      fileOf({ a: { ...f32(0, 4), dtype: 'constructor' } }, 4),
      'unknown-dtype',
    ],
    ['a shape of another size', fileOf({ a: f32(0, 4, [2]) }, 4), 'size-mismatch'],
    ['offsets the wrong way round', fileOf({ a: f32(8, 4, [1]) }, 8), 'size-mismatch'],
    ['offsets past the end', fileOf({ a: f32(0, 8) }, 4), 'truncated'],
    ['tensors that overlap', fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12), 'bad-offsets'],
    ['a gap between tensors', fileOf({ a: f32(0, 4), b: f32(8, 12) }, 12), 'bad-offsets'],
    ['bytes that belong to no tensor', fileOf({ a: f32(0, 4) }, 8), 'bad-offsets'],
  ])('names %s', (_, file, code) => {
    expect(() => readSafetensors(file)).toThrow(expect.objectContaining({ name: 'SafetensorsError', code }));
  });
});
