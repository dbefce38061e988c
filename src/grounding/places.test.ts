import { describe, expect, it } from 'vitest';
import { LEADING_TOKENS, maskMap, sequencePlaces, spreadRows } from './places.ts';

// Four patches, of which 1 and 2 are padding; five words, of which the last two are masked.
const places = sequencePlaces(Uint8Array.of(0, 1, 1, 0), Uint8Array.of(0, 0, 0, 1, 1), 2);

describe('the places of a sequence', () => {
  it('keep [REG], [CLS], image patches and words, in order', () => {
    expect(Array.from(places.kept)).toEqual([0, 1, 2, 5, 6, 7, 8]);
    expect(places.length).toBe(LEADING_TOKENS + 4 + 5);
  });

  it('let masked patches ask behind those that are read', () => {
    expect(Array.from(places.asking)).toEqual([0, 1, 2, 5, 6, 7, 8, 3, 4]);
    expect(Array.from(places.keyRows)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('find the row of every patch and of the end token', () => {
    expect(Array.from(places.patchRows)).toEqual([2, 7, 8, 3]);
    expect(places.asking[places.endRow]).toBe(LEADING_TOKENS + 4 + 2);
  });

  it('leave out a masked word in the middle', () => {
    const { kept } = sequencePlaces(new Uint8Array(1), Uint8Array.of(0, 1, 0), 2);
    expect(Array.from(kept)).toEqual([0, 1, 2, 3, 5]);
  });

  it('put rows back where they belong, 0 on what is masked', () => {
    const rows = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17]);
    expect(Array.from(spreadRows(rows, places))).toEqual([
      1, 2, 3, 0, 0, 4, 5, 6, 7, 0, 0, 11, 12, 13, 0, 0, 14, 15, 16, 17, 0, 0,
    ]);
  });
});

describe("the mask's cells", () => {
  it('go to their pixels: each cell once, the coarsest halves in the lowest bits', () => {
    const grid = 2;
    const map = maskMap(
      Float32Array.from({ length: grid * grid * 64 }, (_, index) => index),
      grid,
    );
    const at = (x: number, y: number) => map[y * 8 * grid + x];
    expect(new Set(map).size).toBe(map.length);
    // Cell bits, from the highest: y3 x3 y2 x2 y1 x1.
    expect(at(0, 0)).toBe(0);
    expect(at(4, 0)).toBe(0b000001);
    expect(at(0, 4)).toBe(0b000010);
    expect(at(2, 0)).toBe(0b000100);
    expect(at(0, 2)).toBe(0b001000);
    expect(at(1, 0)).toBe(0b010000);
    expect(at(0, 1)).toBe(0b100000);
    expect(at(7, 7)).toBe(63);
    expect(at(8, 0)).toBe(64);
    expect(at(0, 8)).toBe(128);
  });
});
