import { describe, expect, it } from 'vitest';
import {
  boxInFrame,
  boxInImage,
  boxInSquare,
  clampToFrame,
  frameToSquare,
  fromCxCyWh,
  imageToSquare,
  iou,
  letterboxOf,
  roundHalfToEven,
  squareToFrame,
  squareToImage,
  toCxCyWh,
} from './boxes.ts';

describe('rounding', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [2.4999, 2],
    [2.5001, 3],
  ])('takes %d to %d, halves to the even side', (value, expected) => {
    expect(roundHalfToEven(value)).toBeCloseTo(expected, 12);
  });
});

describe('the letterbox', () => {
  it('gives the odd pixel of padding to the right or the bottom', () => {
    // 224 - 149 = 75: 37 before, 38 after
    expect(letterboxOf(641, 427, 224)).toMatchObject({ left: 0, top: 37, width: 224, height: 149 });
    expect(letterboxOf(427, 641, 224)).toMatchObject({ left: 37, top: 0, width: 149, height: 224 });
  });

  it('rounds a half pixel of image to the even side', () => {
    // 224 / 448 = 0.5: 5 becomes 2.5, then 2; 7 becomes 3.5, then 4
    expect(letterboxOf(448, 5, 224).height).toBe(2);
    expect(letterboxOf(448, 7, 224).height).toBe(4);
  });

  it('has no negative zero', () => {
    expect(Object.is(letterboxOf(10, 10, 224).left, 0)).toBe(true);
  });

  it.each([
    [0, 5, 224, 'image-size'],
    [5, -1, 224, 'image-size'],
    [5, Number.NaN, 224, 'image-size'],
    [65_535, 65_535, 224, 'image-size'],
    [70_000, 2, 224, 'image-size'],
    [5, 5, 0, 'network-size'],
    [5, 5, 1e6, 'network-size'],
  ])('refuses an image of %d × %d in a square of %d', (width, height, side, code) => {
    expect(() => letterboxOf(width, height, side)).toThrow(expect.objectContaining({ code }));
  });
});

describe('going between frames', () => {
  const letterbox = letterboxOf(640, 480, 224);

  it('takes the network’s answer to pixels of the image', () => {
    // the middle half of the square: 56 to 168, of which the image starts at row 28; 0.35 square pixels an image pixel
    const square = frameToSquare(fromCxCyWh([0.5, 0.5, 0.5, 0.5]), letterbox);
    expect(square).toEqual({ x1: 56, y1: 56, x2: 168, y2: 168 });
    const box = squareToImage(square, letterbox);
    expect(box.x1).toBeCloseTo(160, 9);
    expect(box.y1).toBeCloseTo(80, 9);
    expect(box.x2).toBeCloseTo(480, 9);
    expect(box.y2).toBeCloseTo(400, 9);
  });

  it('keeps a box within the image', () => {
    expect(squareToImage(boxInSquare(-5, 0, 300, 224), letterbox)).toEqual({
      x1: 0,
      y1: 0,
      x2: 640,
      y2: 480,
    });
  });

  it.each([
    [640, 480],
    [333, 500],
    [641, 427],
    [50, 37],
    [1, 900],
  ])('comes back to the same place in an image of %d × %d', (width, height) => {
    const box = boxInImage(width * 0.125, height * 0.25, width * 0.75, height);
    const there = letterboxOf(width, height, 224);
    const frame = squareToFrame(imageToSquare(box, there), there);
    const back = squareToImage(frameToSquare(frame, there), there);
    for (const corner of ['x1', 'y1', 'x2', 'y2'] as const) expect(back[corner]).toBeCloseTo(box[corner], 8);
  });

  it('goes from corners to centre and size and back', () => {
    const [cx, cy, w, h] = toCxCyWh(fromCxCyWh([0.4, 0.6, 0.2, 0.3]));
    expect(cx).toBeCloseTo(0.4, 12);
    expect(cy).toBeCloseTo(0.6, 12);
    expect(w).toBeCloseTo(0.2, 12);
    expect(h).toBeCloseTo(0.3, 12);
  });

  it('clamps to the square', () => {
    expect(clampToFrame(boxInFrame(-0.1, 0.2, 1.3, 0.9))).toEqual({ x1: 0, y1: 0.2, x2: 1, y2: 0.9 });
  });
});

describe('intersection over union', () => {
  it.each([
    ['the same box', boxInFrame(0, 0, 1, 1), 1],
    ['half of it', boxInFrame(0, 0, 0.5, 1), 0.5],
    ['a box beside it', boxInFrame(1, 0, 2, 1), 0],
    ['a box that overlaps a third', boxInFrame(0.5, 0, 1.5, 1), 1 / 3],
    ['a box turned inside out', boxInFrame(0.9, 0.9, 0.1, 0.1), 0],
  ])('with %s', (_, other, expected) => {
    expect(iou(boxInFrame(0, 0, 1, 1), other)).toBeCloseTo(expected, 12);
  });

  it('of two empty boxes is 0, not a division by zero', () => {
    expect(iou(boxInFrame(0.5, 0.5, 0.5, 0.5), boxInFrame(0.5, 0.5, 0.5, 0.5))).toBe(0);
  });
});
