/**
 * From pixels to what the network is fed: resized with its longer side to the network's image side, scaled to
 * [0, 1], normalised with ImageNet's mean and deviation (not CLIP's), centred on zeros, with a mask of the
 * patches that are padding (original: `datasets/transforms.py`; the mask, `models/HiVG.py`).
 * Not here: decoding image files and EXIF orientation, which are done before.
 */

import type { Letterbox } from './boxes.ts';
import { letterboxOf } from './boxes.ts';
import { GroundingInputError } from './errors.ts';
import { patchMaskOf } from './patch-mask.ts';
import type { RowReader } from './resample.ts';
import { resampleRgb } from './resample.ts';

/** 8-bit pixels, row-major, channels interleaved, sRGB as decoded. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
  /**
   * 4 is RGB with straight (not premultiplied) alpha: it is laid on white before resizing, as a page would
   * show it. Where alpha is 255 the result equals that of the 3-channel image exactly.
   */
  readonly channels: 3 | 4;
}

export interface Preprocessed {
  /** `[3, side, side]`, normalised; 0 on padding. */
  readonly pixels: Float32Array;
  readonly letterbox: Letterbox;
  /** `[grid * grid]`, 1 = padding. */
  readonly patchMask: Uint8Array;
  /** Patches along a side. */
  readonly grid: number;
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
const IMAGENET_DEVIATION = [0.229, 0.224, 0.225] as const;

/**
 * @param side the network's image side, px
 * @param patch side of one patch, px; must divide `side`
 * @throws GroundingInputError `image-size`, `image-data` or `network-size`
 */
export function preprocess(image: RgbImage, side: number, patch: number): Preprocessed {
  const letterbox = letterboxOf(image.width, image.height, side);
  const bytes = image.width * image.height * image.channels;
  if ((image.channels !== 3 && image.channels !== 4) || image.data.length !== bytes) {
    throw new GroundingInputError(
      'image-data',
      `An image of ${image.width} × ${image.height} pixels with ${image.channels} channels can't have ${image.data.length} bytes.`,
    );
  }
  if (!Number.isInteger(patch) || patch < 1 || side % patch !== 0) {
    throw new GroundingInputError(
      'network-size',
      `An image side of ${side} pixels can't be cut into patches of ${patch}.`,
    );
  }
  const grid = side / patch;
  const { left, top, width, height } = letterbox;
  const resized = resampleRgb(rowReaderOf(image), image.width, image.height, width, height);

  const pixels = new Float32Array(3 * side * side);
  for (let channel = 0; channel < 3; channel++) {
    const normalised = normalisedBytes(channel);
    for (let y = 0; y < height; y++) {
      let target = (channel * side + top + y) * side + left;
      let source = y * width * 3 + channel;
      for (let x = 0; x < width; x++) {
        pixels[target] = normalised[resized[source] as number] as number;
        target += 1;
        source += 3;
      }
    }
  }
  return { pixels, letterbox, patchMask: patchMaskOf(letterbox, grid), grid };
}

/** What each of the 256 byte values becomes in one channel, rounded to 32 bits at each step as PyTorch rounds. */
function normalisedBytes(channel: number): Float32Array {
  const mean = Math.fround(IMAGENET_MEAN[channel] ?? Number.NaN);
  const deviation = Math.fround(IMAGENET_DEVIATION[channel] ?? Number.NaN);
  return Float32Array.from(
    { length: 256 },
    (_, byte) => Math.fround(Math.fround(byte / 255) - mean) / deviation,
  );
}

function rowReaderOf({ data, width, channels }: RgbImage): RowReader {
  if (channels === 3) return (y, into) => into.set(data.subarray(y * width * 3, (y + 1) * width * 3));
  return (y, into) => {
    let source = y * width * 4;
    for (let target = 0; target < width * 3; target += 3) {
      const alpha = data[source + 3] as number;
      if (alpha === 255) {
        into[target] = data[source] as number;
        into[target + 1] = data[source + 1] as number;
        into[target + 2] = data[source + 2] as number;
      } else {
        into[target] = onWhite(data[source] as number, alpha);
        into[target + 1] = onWhite(data[source + 1] as number, alpha);
        into[target + 2] = onWhite(data[source + 2] as number, alpha);
      }
      source += 4;
    }
  };
}

function onWhite(value: number, alpha: number): number {
  return Math.round((value * alpha + 255 * (255 - alpha)) / 255);
}
