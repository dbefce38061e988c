import { describe, expect, test } from 'vitest';
import { float16ToFloat32, float32ToFloat16, roundToFloat16 } from './float16.ts';

const ALL_HALVES = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

/** What the bits of a half mean, by the definition of the format. */
function valueOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toHalf(value: number): number {
  return float32ToFloat16(Float32Array.of(value))[0] as number;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The next single-precision number, away from zero or towards it. */
function neighbour(value: number, step: 1 | -1): number {
  scratch.setFloat32(0, value);
  scratch.setInt32(0, scratch.getInt32(0) + step);
  return scratch.getFloat32(0);
}

describe('half precision', () => {
  test('reads all 65,536 halves as the format defines them', () => {
    const values = float16ToFloat32(ALL_HALVES);
    const wrong = ALL_HALVES.filter((bits) => !Object.is(values[bits], valueOfHalf(bits)));
    expect(wrong).toEqual(new Uint16Array(0));
  });

  test('gives every half back after a trip through single precision, NaNs as quiet NaNs', () => {
    const back = float32ToFloat16(float16ToFloat32(ALL_HALVES));
    const wrong = ALL_HALVES.filter((bits) => {
      const expected = Number.isNaN(valueOfHalf(bits)) ? bits | 0x200 : bits;
      return back[bits] !== expected;
    });
    expect(wrong).toEqual(new Uint16Array(0));
  });

  test('rounds to the nearest half, and ties to the even one, between every two neighbours', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7bff; bits++) {
      // The middle of two neighbouring halves is a single-precision number.
      const middle = (valueOfHalf(bits) + valueOfHalf(bits + 1)) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const fine =
        toHalf(middle) === even &&
        toHalf(neighbour(middle, -1)) === bits &&
        toHalf(neighbour(middle, 1)) === bits + 1 &&
        toHalf(-middle) === (even | 0x8000) &&
        toHalf(-neighbour(middle, -1)) === (bits | 0x8000) &&
        toHalf(-neighbour(middle, 1)) === ((bits + 1) | 0x8000);
      if (!fine) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    ['the largest half', 65_504, 0x7bff],
    ['just below the middle to the next power of two', neighbour(65_520, -1), 0x7bff],
    ['the middle itself: infinite, not clamped', 65_520, 0x7c00],
    ['far beyond', 3e38, 0x7c00],
    ['infinity', Number.POSITIVE_INFINITY, 0x7c00],
    ['negative overflow', -70_000, 0xfc00],
    ['the smallest subnormal', 2 ** -24, 0x0001],
    ['half of it: even, so zero', 2 ** -25, 0x0000],
    ['a little more than half of it', neighbour(2 ** -25, 1), 0x0001],
    ['the smallest single-precision number', 2 ** -149, 0x0000],
    ['negative zero', -0, 0x8000],
    ['a negative that vanishes', -(2 ** -30), 0x8000],
    ['the largest subnormal', 1023 * 2 ** -24, 0x03ff],
    ['between the largest subnormal and the smallest normal', 1023.5 * 2 ** -24, 0x0400],
  ])('turns %s (%f) into the right half', (_, value, half) => {
    expect(toHalf(value)).toBe(half);
  });

  test('makes every NaN a NaN, even one whose payload lies in the bits that are lost', () => {
    const bits = Uint32Array.of(0x7f800001, 0xff800001, 0x7fc00000);
    const halves = float32ToFloat16(new Float32Array(bits.buffer));
    expect([...halves].map((half) => Number.isNaN(valueOfHalf(half)))).toEqual([true, true, true]);
    expect((halves[1] as number) & 0x8000).toBe(0x8000);
  });

  test('reads from the middle of a buffer, and rounds whole arrays', () => {
    const view = new Float32Array(Float32Array.of(9, 9, 1.0005, -2).buffer, 8);
    expect([...float32ToFloat16(view)]).toEqual([0x3c01, 0xc000]);
    expect([...roundToFloat16(view)]).toEqual([1 + 1 / 1024, -2]);
  });
});
