import { describe, expect, test } from 'vitest';
import { ProtoWriter } from './protobuf.ts';

const written = (write: (writer: ProtoWriter) => void) => {
  const writer = new ProtoWriter();
  write(writer);
  return [...writer.finish()];
};

// Expected bytes are those of the encoding guide at protobuf.dev, or worked out from its rules.
describe("protobuf's wire format", () => {
  test.each<[number | bigint, number[]]>([
    [0, [0]],
    [1, [1]],
    [127, [0x7f]],
    [150, [0x96, 0x01]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [2 ** 31, [0x80, 0x80, 0x80, 0x80, 0x08]],
    [2 ** 53 - 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    [-1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    [-2, [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    [-(2n ** 63n), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ])('writes the integer %d', (value, bytes) => {
    expect(written((w) => w.int(1, value))).toEqual([0x08, ...bytes]);
  });

  test('writes strings as UTF-8 with their length in bytes', () => {
    expect(written((w) => w.string(2, 'testing'))).toEqual([0x12, 7, ...Buffer.from('testing')]);
    expect(written((w) => w.string(2, 'ü'))).toEqual([0x12, 2, 0xc3, 0xbc]);
    expect(written((w) => w.string(2, ''))).toEqual([0x12, 0]);
  });

  test('writes floats little-endian', () => {
    expect(written((w) => w.float(2, 1.5))).toEqual([0x15, 0, 0, 0xc0, 0x3f]);
  });

  test('writes nested messages, and field numbers beyond 15', () => {
    expect(written((w) => w.message(3, (inner) => inner.int(1, 150)))).toEqual([0x1a, 3, 0x08, 0x96, 0x01]);
    expect(written((w) => w.int(20, 1))).toEqual([0xa0, 0x01, 1]);
  });

  test('grows as far as it must', () => {
    const bytes = written((w) => w.int(1, 1).bytes(2, new Uint8Array(5000).fill(7)).int(1, 2));
    expect(bytes).toHaveLength(2 + 3 + 5000 + 2);
    expect(bytes.slice(0, 5)).toEqual([8, 1, 0x12, 0x88, 0x27]);
    expect(bytes.slice(-3)).toEqual([7, 8, 2]);
  });
});
