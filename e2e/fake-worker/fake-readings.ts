// Readings that look like a network's and are chosen by a box: hills over the patches that are highest at its middle.
// Shapes and meanings are those of src/grounding/ground.ts.

import type { Letterbox } from '../../src/grounding/boxes.ts';
import type { Attention, DenseReadings, Grounding } from '../../src/grounding/ground.ts';
import type { Preprocessed } from '../../src/grounding/preprocess.ts';
import type { HivgConfig } from '../../src/hivg/config.ts';

/** Left, top, right, bottom as fractions of the image. */
export type Fractions = readonly [number, number, number, number];

export interface Seen {
  readonly config: HivgConfig;
  readonly image: Preprocessed;
  readonly box: Fractions;
  readonly words: number;
}

/** A number from 0 to 1 that looks like chance and is the same every time. */
const ripple = (i: number): number => Math.abs((Math.sin(i * 12.9898) * 43758.5453) % 1);

function normalised(values: Float32Array, sum = 1): Float32Array {
  const total = values.reduce((a, b) => a + b, 0);
  return values.map((value) => (value * sum) / total);
}

/** The middle of a cell of a grid over the square, as fractions of the image. */
function placeOf(cell: number, cells: number, { side, left, top, width, height }: Letterbox) {
  const size = side / cells;
  return {
    x: (((cell % cells) + 0.5) * size - left) / width,
    y: ((Math.floor(cell / cells) + 0.5) * size - top) / height,
  };
}

/**
 * A hill over the patches, highest at (x, y), fractions of the image.
 *
 * @param spread in square pixels of the padded square
 */
function hill({ config, image }: Seen, x: number, y: number, spread: number, seed: number): Float32Array {
  const { grid, letterbox } = image;
  return Float32Array.from({ length: config.grid ** 2 }, (_, patch) => {
    const place = placeOf(patch, grid, letterbox);
    const dx = (place.x - x) * letterbox.width;
    const dy = (place.y - y) * letterbox.height;
    return Math.exp(-(dx * dx + dy * dy) / spread) + 0.12 * ripple(patch + seed);
  });
}

const middleOf = ([left, top, right, bottom]: Fractions) => [(left + right) / 2, (top + bottom) / 2] as const;

/** [REG]'s rows, 0 on padding: the later the layer, the narrower. */
export function regAttention(seen: Seen): Grounding['regAttention'] {
  const { config, image, words } = seen;
  const { layers, heads } = config.grounding;
  const patches = config.grid ** 2;
  const tokens = 2 + patches + config.text.context;
  const read = words + 2;
  const data = new Float32Array(layers * heads * tokens);
  for (let row = 0; row < layers * heads; row++) {
    const spread = 1800 * (layers - Math.floor(row / heads)) + 200 * (row % heads);
    const over = hill(seen, ...middleOf(seen.box), spread, row).map((v, i) => (image.patchMask[i] ? 0 : v));
    const start = row * tokens;
    data.set([0.1, 0.1], start);
    data.set(normalised(over, 0.6), start + 2);
    data.fill(0.2 / read, start + 2 + patches, start + 2 + patches + read);
  }
  return { data, shape: [layers, heads, tokens] };
}

/** [CLS]'s rows, over the padding too. */
export function clsAttention(seen: Seen): Attention {
  const { layers, heads } = seen.config.vision;
  const row = 1 + seen.config.grid ** 2;
  const data = new Float32Array(layers * heads * row);
  for (let i = 0; i < layers * heads; i++) {
    data[i * row] = 0.3;
    data.set(normalised(hill(seen, ...middleOf(seen.box), 9000 - 40 * i, i), 0.7), i * row + 1);
  }
  return { data, shape: [layers, heads, row] };
}

/** Each word is read most at a place of its own, from the left to the right of the image. */
export function wordAttention(seen: Seen): Attention {
  const { bridgedLayers, vision, text, grid } = seen.config;
  const rows = bridgedLayers.length * vision.heads;
  const places = 1 + grid ** 2;
  const data = new Float32Array(rows * places * text.context);
  for (let row = 0; row < rows; row++) {
    const hills = Array.from({ length: seen.words }, (_, i) =>
      hill(seen, (i + 0.5) / seen.words, 0.5, 2500 + 50 * row, row + i),
    );
    for (let place = 0; place < places; place++) {
      const reading = new Float32Array(text.context).fill(0.01);
      reading[0] = 0.4;
      reading[seen.words + 1] = 0.3;
      hills.forEach((over, i) => {
        reading[i + 1] = over[Math.max(0, place - 1)] ?? 0;
      });
      data.set(normalised(reading), (row * places + place) * text.context);
    }
  }
  return { data, shape: [bridgedLayers.length, vision.heads, places, text.context] };
}

/** The rollout is the first row of [REG], the similarity a hill, the mask the box itself. */
export function denseReadings(seen: Seen): DenseReadings {
  const { image, box } = seen;
  const { grid, letterbox } = image;
  const side = 8 * grid;
  const maskLogits = Float32Array.from({ length: side ** 2 }, (_, cell) => {
    const { x, y } = placeOf(cell, side, letterbox);
    return x >= box[0] && x < box[2] && y >= box[1] && y < box[3] ? 3 : -3.2;
  });
  const reg = regAttention(seen);
  const similarity = hill(seen, ...middleOf(box), 4000, 7).map((value) => value - 0.4);
  return {
    regRollout: { data: reg.data.slice(0, reg.shape[2]), shape: [reg.shape[2]] },
    tokenSimilarity: { data: similarity, shape: [grid ** 2] },
    maskLogits: { data: maskLogits, shape: [side, side] },
    ms: 210,
  };
}
