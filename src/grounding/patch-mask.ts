/**
 * Which patches are padding: the pixel mask of the letterbox brought to the patch grid as torchvision 0.17's
 * `Resize` brings an integer tensor there: antialiased bilinear in 32-bit floats, then `torch.round` (half to
 * even), then anything but zero is padding. So a patch counts as image where its neighbourhood, two patches
 * wide, is at least half image; it is not "any pixel" nor "the middle pixel".
 * Not here: pixels (`preprocess.ts`).
 */

import type { Letterbox } from './boxes.ts';
import { roundHalfToEven } from './boxes.ts';

const f32 = Math.fround;

/** @returns `[grid * grid]`, row-major, 1 where the patch is padding */
export function patchMaskOf(letterbox: Letterbox, grid: number): Uint8Array {
  const { side, left, top, width, height } = letterbox;
  const acrossRow = (isPadding: (x: number) => boolean): Float32Array => narrow(side, grid, isPadding);
  // Rows come in two kinds: all padding, and padding left and right of the image.
  const paddingRow = acrossRow(() => true);
  const imageRow = acrossRow((x) => x < left || x >= left + width);
  const isImageRow = (y: number): boolean => y >= top && y < top + height;

  const mask = new Uint8Array(grid * grid);
  const weights = axis(side, grid);
  for (let row = 0; row < grid; row++) {
    const { first, values } = weights[row] as AxisWeights;
    for (let column = 0; column < grid; column++) {
      let sum = 0;
      values.forEach((weight, i) => {
        const narrowed = isImageRow(first + i) ? imageRow : paddingRow;
        sum = f32(sum + f32((narrowed[column] as number) * weight));
      });
      mask[row * grid + column] = roundHalfToEven(sum) === 0 ? 0 : 1;
    }
  }
  return mask;
}

function narrow(side: number, grid: number, isPadding: (x: number) => boolean): Float32Array {
  return Float32Array.from(axis(side, grid), ({ first, values }) => {
    let sum = 0;
    values.forEach((weight, i) => {
      sum = f32(sum + (isPadding(first + i) ? weight : 0));
    });
    return sum;
  });
}

interface AxisWeights {
  readonly first: number;
  readonly values: Float32Array;
}

/** PyTorch's antialiasing weights for one axis, in the order and the precision it computes them. */
function axis(side: number, grid: number): AxisWeights[] {
  const scale = f32(side / grid);
  const support = scale;
  const perPixel = f32(1 / scale);
  return Array.from({ length: grid }, (_, out) => {
    const centre = f32(scale * f32(out + 0.5));
    const first = Math.max(0, Math.trunc(f32(f32(centre - support) + 0.5)));
    const length = Math.min(side, Math.trunc(f32(f32(centre + support) + 0.5))) - first;
    const values = new Float32Array(length);
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const distance = Math.abs(f32(f32(f32(i + first - centre) + 0.5) * perPixel));
      values[i] = distance < 1 ? 1 - distance : 0;
      sum = f32(sum + (values[i] as number));
    }
    return { first, values: values.map((value) => value / sum) };
  });
}
