/**
 * Readings of a made-up network for tests: 2 grounding layers of 2 heads, 3 vision layers of 2 heads, words read in
 * the first and the third, a grid of 4 × 4 over a square of 64 pixels. Its image is 32 × 16 pixels, so that the middle
 * two rows of patches are image and the others padding. Every number is another one.
 */
import { boxInImage, letterboxOf } from '../../../grounding/boxes.ts';
import type { Readings } from '../../../grounding/readings.ts';
import type { Grounding } from '../../../state/grounding-store.ts';

const GRID = 4;
const PATCHES = GRID * GRID;
const CONTEXT = 6;

/** Rows that sum to 1 and rise along the row, steeper in each; `seed` makes them others. */
function attention(shape: readonly number[], seed: number): { data: Float32Array; shape: readonly number[] } {
  const width = shape.at(-1) as number;
  const count = shape.reduce((product, size) => product * size, 1);
  const data = new Float32Array(count);
  for (let row = 0; row < count / width; row++) {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      const value = 1 + i * (row + 1) + seed * ((i * 7) % 5);
      data[row * width + i] = value;
      sum += value;
    }
    for (let i = 0; i < width; i++) data[row * width + i] = (data[row * width + i] as number) / sum;
  }
  return { data, shape };
}

export function readingsFor(change: Partial<Readings> = {}, seed = 1): Readings {
  return {
    grid: GRID,
    letterbox: letterboxOf(32, 16, 64),
    patchMask: Uint8Array.from({ length: PATCHES }, (_, i) => (i < 4 || i >= 12 ? 1 : 0)),
    tokens: [0, 5, 6, 1],
    words: [
      { text: 'the', tokenPositions: [1] },
      { text: 'cow', tokenPositions: [2] },
    ],
    bridgedLayers: [0, 2],
    regAttention: attention([2, 2, 2 + PATCHES + CONTEXT], seed),
    clsAttention: attention([3, 2, 1 + PATCHES], seed),
    wordAttention: attention([2, 2, 1 + PATCHES, CONTEXT], seed),
    ...change,
  };
}

export function groundingFor(expression: string, readings: Readings = readingsFor()): Grounding {
  const { letterbox, grid, patchMask, tokens, words, regAttention } = readings;
  return {
    key: expression,
    expression,
    box: { left: 0.5, top: 0, right: 1, bottom: 1 },
    result: {
      expression,
      box: boxInImage(16, 0, 32, 16),
      boxInFrame: [0.75, 0.5, 0.5, 0.5],
      tokens,
      words: words.map((word) => ({ ...word, known: true })),
      unknownWords: [],
      cut: false,
      regAttention: { data: regAttention.data, shape: [2, 2, 2 + PATCHES + CONTEXT] },
      grid,
      letterbox,
      patchMask,
      logit: 20,
      timings: { patches: 1, text: 1, image: 1, readBack: 1, resize: 1, total: 4 },
      provider: 'wasm',
      precision: 'int8',
    },
    groundId: 1,
    readings,
    dense: { phase: 'unread' },
    times: {
      decode: 1,
      resize: 1,
      patches: 1,
      text: 1,
      image: 1,
      readBack: 1,
      total: 4,
      attention: 1,
      dense: null,
    },
    live: false,
  };
}
