/**
 * A heat map as RGBA pixels, each map scaled to its own least and greatest value as the paper does. `nearest`
 * gives one pixel a patch (the canvas enlarges it without smoothing), `smooth` interpolates the values, not the
 * colours, so that no colour appears that is not on the scale.
 */
import { viridis } from './viridis.ts';

export interface HeatValues {
  readonly columns: number;
  readonly rows: number;
  /** Row-major. */
  readonly values: Float32Array;
  readonly min: number;
  readonly max: number;
}

export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** Pixels a patch in a smooth map; the canvas does the rest of the enlarging. */
const SMOOTH_STEPS = 12;

/** Bilinear, at the centres of patches, held constant beyond the outermost centres. */
function sample({ columns, rows, values }: HeatValues, x: number, y: number): number {
  const cx = Math.min(Math.max(x, 0), columns - 1);
  const cy = Math.min(Math.max(y, 0), rows - 1);
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  const x1 = Math.min(x0 + 1, columns - 1);
  const y1 = Math.min(y0 + 1, rows - 1);
  const at = (column: number, row: number): number => values[row * columns + column] ?? 0;
  const top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * (cx - x0);
  const bottom = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * (cx - x0);
  return top + (bottom - top) * (cy - y0);
}

export function heatMapPixels(map: HeatValues, smooth: boolean): Pixels {
  const step = smooth ? SMOOTH_STEPS : 1;
  const width = map.columns * step;
  const height = map.rows * step;
  const data = new Uint8ClampedArray(width * height * 4);
  // A map without contrast (one patch, or all alike) has no more and less: it lies in the middle of the scale.
  const range = map.max - map.min;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = sample(map, (x + 0.5) / step - 0.5, (y + 0.5) / step - 0.5);
      data.set([...viridis(range > 0 ? (value - map.min) / range : 0.5), 255], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}
