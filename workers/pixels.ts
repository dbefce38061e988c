// From a decoded bitmap to the bytes that the network's preprocessing reads. Drawn on white first, since the network
// was trained on opaque images; an opaque image comes through unchanged.

import type { RgbImage } from '../src/grounding/preprocess.ts';
import { WorkerError } from './errors.ts';

/** Takes the bitmap's pixels and closes it. */
export function pixelsOf(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  if (!context) {
    throw new WorkerError(
      'out-of-memory',
      `An image of ${width} × ${height} pixels does not fit in memory.`,
      'Use a smaller one.',
    );
  }
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, data: context.getImageData(0, 0, width, height).data, channels: 4 };
}
