/**
 * The paper's heat map: how much the [REG] token attends to each patch, by default in the last grounding layer and as
 * the mean of its heads; cropped from the padded square to the image. Numbers and the rectangle they cover; not
 * colours, smoothing or drawing, which are the page's.
 */

import type { BoxInImage, Letterbox } from './boxes.ts';
import { boxInSquare, squareToImageUnclamped } from './boxes.ts';
import { GroundingInputError } from './errors.ts';
import { LEADING_TOKENS } from './places.ts';

/** The [REG] rows of the grounding encoder. */
export interface RegAttention {
  readonly data: Float32Array;
  /** `[layers, heads, tokens]`; the tokens are [REG], [CLS], the patches row by row, the text. */
  readonly shape: readonly number[];
}

export interface HeatMap {
  /** Patches across and down: those whose cell overlaps the image. */
  readonly columns: number;
  readonly rows: number;
  /**
   * `[rows * columns]`, row-major: attention weights as the network has them. A patch at the image's edge that the
   * network takes for padding has 0, which is below `min`.
   */
  readonly values: Float32Array;
  /** Least and greatest of the values that are not of masked patches. */
  readonly min: number;
  readonly max: number;
  /** What the map covers; sticks out of the image where patches straddle its edge. */
  readonly rect: BoxInImage;
}

export interface HeatMapOptions {
  /** 0 is the first grounding layer; left out, the last. */
  readonly layer?: number;
  /** One head, or the mean of all; left out, the mean. */
  readonly head?: number | 'mean';
}

/**
 * @param grid patches along a side of the square
 * @param patchMask `[grid * grid]`, 1 = padding
 * @throws GroundingInputError `attention-shape`, or `attention-choice` for a layer or head that is not there
 */
export function regHeatMap(
  regAttention: RegAttention,
  grid: number,
  letterbox: Letterbox,
  patchMask: Uint8Array,
  options: HeatMapOptions = {},
): HeatMap {
  const patches = patchAttention(regAttention, grid, options);
  if (patchMask.length !== grid * grid) {
    throw new GroundingInputError(
      'attention-shape',
      `A patch mask of ${patchMask.length} does not fit a grid of ${grid} × ${grid} patches.`,
    );
  }
  const patch = letterbox.side / grid;
  const [left, right] = overlap(letterbox.left, letterbox.width, patch);
  const [top, bottom] = overlap(letterbox.top, letterbox.height, patch);
  const columns = right - left;
  const rows = bottom - top;

  const values = new Float32Array(rows * columns);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = (top + row) * grid + left + column;
      const value = patches[place] as number;
      values[row * columns + column] = value;
      if (patchMask[place] === 0) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
  }
  // Of a sliver of an image the network sees no patch at all.
  if (min > max) min = max = 0;
  const rect = squareToImageUnclamped(
    boxInSquare(left * patch, top * patch, right * patch, bottom * patch),
    letterbox,
  );
  return { columns, rows, values, min, max, rect };
}

/** [REG]'s attention to each patch of the whole grid, in one layer, of one head or the mean of all. */
function patchAttention({ data, shape }: RegAttention, grid: number, options: HeatMapOptions): Float32Array {
  const [layers = 0, heads = 0, tokens = 0] = shape;
  const patches = grid * grid;
  const fits = shape.length === 3 && layers > 0 && heads > 0 && tokens >= LEADING_TOKENS + patches;
  if (!fits || data.length !== layers * heads * tokens) {
    throw new GroundingInputError(
      'attention-shape',
      `[REG] attention of shape [${shape}] and ${data.length} values does not fit ${grid} × ${grid} patches.`,
    );
  }
  const layer = chosen('layer', options.layer ?? layers - 1, layers);
  const head = options.head ?? 'mean';
  const of = head === 'mean' ? Array.from({ length: heads }, (_, i) => i) : [chosen('head', head, heads)];
  const sums = new Float64Array(patches);
  for (const one of of) {
    const start = (layer * heads + one) * tokens + LEADING_TOKENS;
    for (let i = 0; i < patches; i++) sums[i] = (sums[i] as number) + (data[start + i] as number);
  }
  return Float32Array.from(sums, (sum) => sum / of.length);
}

function chosen(what: 'layer' | 'head', index: number, count: number): number {
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new GroundingInputError('attention-choice', `There is no ${what} ${index}; there are ${count}.`);
}

/** First and one past the last patch that the stretch from `start`, `length` pixels long, overlaps. */
function overlap(start: number, length: number, patch: number): [number, number] {
  return [Math.floor(start / patch), Math.ceil((start + length) / patch)];
}
