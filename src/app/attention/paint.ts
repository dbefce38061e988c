/**
 * A map as RGBA pixels: a number for each patch becomes a colour on the scale, the clearer the lower it is where the map
 * glows, and nothing under the threshold, so that the image shows through. `nearest` gives a pixel for each patch (the
 * canvas enlarges it without smoothing); `smooth` interpolates the numbers between the patches' centres, not the
 * colours, so that no colour appears that is not on the scale. Writes into pixels it is given and allocates nothing;
 * where they stand on the image is the stage's business.
 */
import { COLOURS, type ColourMapName, colourMap } from '../colour-maps/colour-maps.ts';

/** Numbers on a square grid, row-major. */
export interface Cells {
  /** Cells along a side. */
  readonly grid: number;
  /** [grid²] */
  readonly values: Float32Array;
  /** [grid²], 1 = the network takes the cell for padding: never mixed with cells of the image. */
  readonly masked: Uint8Array;
}

/** The numbers at the two ends of the colours. A diverging scale is symmetric about zero. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly diverging: boolean;
}

export interface Look {
  readonly scale: Scale;
  readonly colours: ColourMapName;
  /** Part of the scale, 0 to 1, under which the image shows; on a diverging scale of its distance from zero. */
  readonly threshold: number;
  readonly smooth: boolean;
  /** Clear at the low end of the scale, or about zero, and opaque at its ends; false is opaque all over. */
  readonly glow: boolean;
}

/** A smooth map is interpolated to at least this many pixels along a side; the canvas does the rest. */
const SMOOTH_SIDE = 192;
/** Over this part of the scale a smooth map fades out at the threshold: an edge without steps. */
const FADE = 0.03;

/** Pixels along a side of what `paint` writes. */
export function paintedSide(grid: number, smooth: boolean): number {
  return smooth ? grid * Math.max(1, Math.ceil(SMOOTH_SIDE / grid)) : grid;
}

/** Where a number lies on the scale, 0 to 1 and beyond; the middle of a scale without extent. */
export function partOf(value: number, { low, high }: Scale): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

/**
 * @param data [side · side · 4] of `paintedSide(cells.grid, look.smooth)`; every byte is written
 */
export function paint(cells: Cells, look: Look, data: Uint8ClampedArray): void {
  const side = paintedSide(cells.grid, look.smooth);
  const { rgb } = colourMap(look.colours);
  const { scale, smooth } = look;
  let at = 0;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = smooth
        ? interpolated(cells, ((x + 0.5) / side) * cells.grid, ((y + 0.5) / side) * cells.grid)
        : (cells.values[y * side + x] as number);
      const part = partOf(value, scale);
      const index = part > 0 ? Math.min(COLOURS - 1, Math.floor(part * COLOURS)) : 0;
      data[at] = rgb[3 * index] as number;
      data[at + 1] = rgb[3 * index + 1] as number;
      data[at + 2] = rgb[3 * index + 2] as number;
      data[at + 3] = 255 * alphaAt(part, look);
      at += 4;
    }
  }
}

/** The same map on a grid `factor` times as fine, as it looks where it is drawn smooth. */
export function refined(cells: Cells, factor: number): Cells {
  const grid = cells.grid * factor;
  const values = new Float32Array(grid * grid);
  const masked = new Uint8Array(grid * grid);
  for (let i = 0; i < values.length; i++) {
    const x = ((i % grid) + 0.5) / factor;
    const y = (Math.floor(i / grid) + 0.5) / factor;
    values[i] = interpolated(cells, x, y);
    masked[i] = cells.masked[Math.floor(y) * cells.grid + Math.floor(x)] as number;
  }
  return { grid, values, masked };
}

/** How opaque a place on the scale is drawn, 0 to 1, before the opacity of the whole map. */
export function alphaAt(part: number, { scale, threshold, smooth, glow }: Omit<Look, 'colours'>): number {
  const strength = Math.min(1, Math.max(0, scale.diverging ? Math.abs(2 * part - 1) : part));
  return (glow ? glowAt(strength) : 1) * visible(strength, threshold, smooth);
}

/**
 * A ramp without an edge at either end: what is nearly nothing stays clear, where half of it in proportion would already
 * be a veil, and the upper half of the scale is plainly seen.
 */
const glowAt = (strength: number): number => strength * strength * (3 - 2 * strength);

/** 0 under the threshold, 1 above it. */
function visible(strength: number, threshold: number, smooth: boolean): number {
  if (threshold <= 0) return 1;
  if (!smooth) return strength >= threshold ? 1 : 0;
  return Math.min(1, Math.max(0, (strength - threshold) / FADE + 0.5));
}

/**
 * The number at a place of the grid, bilinear between the centres of cells and held constant beyond the outermost
 * ones: never above the greatest or below the least of the cells around. Cells of padding and cells of the image have
 * no part in each other.
 *
 * @param x, y in cells, 0 at the left and top edge of the grid
 */
export function interpolated({ grid, values, masked }: Cells, x: number, y: number): number {
  const own =
    Math.min(grid - 1, Math.max(0, Math.floor(y))) * grid + Math.min(grid - 1, Math.max(0, Math.floor(x)));
  const cx = Math.min(Math.max(x - 0.5, 0), grid - 1);
  const cy = Math.min(Math.max(y - 0.5, 0), grid - 1);
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  let sum = 0;
  let weights = 0;
  for (let corner = 0; corner < 4; corner++) {
    const right = corner & 1;
    const below = corner >> 1;
    const weight = (right ? cx - x0 : 1 - cx + x0) * (below ? cy - y0 : 1 - cy + y0);
    const place = Math.min(y0 + below, grid - 1) * grid + Math.min(x0 + right, grid - 1);
    if (weight === 0 || masked[place] !== masked[own]) continue;
    sum += weight * (values[place] as number);
    weights += weight;
  }
  // The cell's own centre is one of the four, so there is weight.
  return sum / weights;
}
