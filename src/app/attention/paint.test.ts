import { describe, expect, it } from 'vitest';
import { colourMap } from '../colour-maps/colour-maps.ts';
import {
  alphaAt,
  type Cells,
  interpolated,
  type Look,
  paint,
  paintedSide,
  partOf,
  refined,
} from './paint.ts';

const cells = (values: readonly number[], masked: readonly number[] = values.map(() => 0)): Cells => ({
  grid: Math.sqrt(values.length),
  values: Float32Array.from(values),
  masked: Uint8Array.from(masked),
});
const look = (change: Partial<Look> = {}): Look => ({
  scale: { low: 1, high: 5, diverging: false },
  colours: 'viridis',
  threshold: 0,
  smooth: false,
  glow: false,
  ...change,
});
function painted(map: Cells, how: Look): Uint8ClampedArray {
  const side = paintedSide(map.grid, how.smooth);
  const data = new Uint8ClampedArray(side * side * 4);
  paint(map, how, data);
  return data;
}
const pixel = (data: Uint8ClampedArray, i: number): number[] => [...data.subarray(4 * i, 4 * i + 4)];
const viridis = (index: number): number[] => [
  ...colourMap('viridis').rgb.subarray(3 * index, 3 * index + 3),
  255,
];

describe('paint', () => {
  const map = cells([1, 2, 3, 5]);

  it('gives a pixel a patch, from the lowest colour to the highest', () => {
    const data = painted(map, look());
    expect([0, 1, 3].map((i) => pixel(data, i))).toEqual([viridis(0), viridis(64), viridis(255)]);
  });

  it('clamps what lies beyond a fixed scale', () => {
    const data = painted(map, look({ scale: { low: 2, high: 3, diverging: false } }));
    expect([pixel(data, 0), pixel(data, 3)]).toEqual([viridis(0), viridis(255)]);
  });

  it('lets the image through under the threshold', () => {
    const data = painted(map, look({ threshold: 0.5 }));
    expect([0, 1, 2, 3].map((i) => data[4 * i + 3])).toEqual([0, 0, 255, 255]);
  });

  it('takes a difference’s threshold from zero, in both directions', () => {
    const signed = cells([-4, -1, 0, 3]);
    const data = painted(
      signed,
      look({ scale: { low: -4, high: 4, diverging: true }, threshold: 0.5, colours: 'vik' }),
    );
    expect([0, 1, 2, 3].map((i) => data[4 * i + 3])).toEqual([255, 0, 0, 255]);
  });

  it('shows a map without contrast in the middle of the scale', () => {
    const data = painted(cells([0.2]), look({ scale: { low: 0.2, high: 0.2, diverging: false } }));
    expect(pixel(data, 0)).toEqual(viridis(128));
  });

  it('interpolates a smooth map and overwrites every pixel of what was there', () => {
    const side = paintedSide(2, true);
    const data = new Uint8ClampedArray(side * side * 4).fill(7);
    paint(map, look({ smooth: true }), data);
    expect(pixel(data, 0)).toEqual(viridis(0));
    expect(pixel(data, side * side - 1)).toEqual(viridis(255));
    const greens = Array.from({ length: side }, (_, x) => data[4 * x + 1] ?? 0);
    expect(greens).toEqual([...greens].sort((a, b) => a - b));
    expect(new Set(greens).size).toBeGreaterThan(20);
  });
});

describe('interpolated', () => {
  it('is the cell’s own number at its centre and the mean on the edge between two', () => {
    const map = cells([1, 2, 3, 5]);
    expect(interpolated(map, 0.5, 0.5)).toBe(1);
    expect(interpolated(map, 1, 0.5)).toBe(1.5);
    expect(interpolated(map, 1, 1)).toBe(2.75);
    expect(interpolated(map, 0, 0)).toBe(1);
    expect(interpolated(map, 2, 2)).toBe(5);
  });

  it('mixes no padding into the image', () => {
    const map = cells([0, 0, 3, 5], [1, 1, 0, 0]);
    expect(interpolated(map, 0.5, 1)).toBe(3);
    expect(interpolated(map, 1, 1.1)).toBe(4);
    expect(interpolated(map, 1, 0.9)).toBe(0);
  });
});

it('places numbers on a scale, beyond its ends too', () => {
  const scale = { low: -2, high: 2, diverging: true };
  expect([-2, 0, 3].map((value) => partOf(value, scale))).toEqual([0, 0.5, 1.25]);
});

it('refines a map to what is drawn where it is smooth', () => {
  const { grid, values, masked } = refined(cells([0, 0, 3, 5], [1, 1, 0, 0]), 2);
  expect(grid).toBe(4);
  expect([...masked]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...values.subarray(8, 12)]).toEqual([3, 3.5, 4.5, 5]);
});

describe('a glow', () => {
  const glow = look({ glow: true });
  const parts = Array.from({ length: 101 }, (_, i) => i / 100);

  it('is clear at the low end of the scale, opaque at the high one, and grows all the way', () => {
    const alphas = parts.map((part) => alphaAt(part, glow));
    expect(alphas[0]).toBe(0);
    expect(alphas.at(-1)).toBe(1);
    for (const [i, alpha] of alphas.entries()) expect(alpha).toBeGreaterThanOrEqual(alphas[i - 1] ?? 0);
    expect(alphaAt(0.1, glow)).toBeLessThan(0.05);
  });

  it('is clear about zero on a scale with signs, and as strong on either side', () => {
    const signed = { ...glow, scale: { low: -5, high: 5, diverging: true } };
    expect(alphaAt(0.5, signed)).toBe(0);
    expect(alphaAt(0, signed)).toBe(1);
    expect(alphaAt(1, signed)).toBe(1);
    for (const part of parts) expect(alphaAt(part, signed)).toBeCloseTo(alphaAt(1 - part, signed), 12);
  });

  it('shows nothing under the threshold, and a wash is opaque over it', () => {
    expect(alphaAt(0.3, { ...glow, threshold: 0.5 })).toBe(0);
    expect(alphaAt(0.9, { ...glow, threshold: 0.5 })).toBe(alphaAt(0.9, glow));
    expect(alphaAt(0.01, { ...glow, glow: false })).toBe(1);
  });

  it('draws the colours of the scale, each as clear as its value is low', () => {
    const data = painted(cells([1, 2, 3, 5]), glow);
    expect([0, 1, 2, 3].map((i) => pixel(data, i)[3])).toEqual(
      [0, 0.25, 0.5, 1].map((part) => Math.round(255 * alphaAt(part, glow))),
    );
    expect(pixel(data, 3)).toEqual(viridis(255));
  });
});
