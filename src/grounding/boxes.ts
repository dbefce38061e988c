/**
 * The three frames of reference a box can be in, and the only code that goes from one to another:
 * pixels of the user's image, pixels of the padded square the network sees, and fractions of that square,
 * which the network speaks. Boxes are corners, `x1 y1 x2 y2`; the network's centre form exists only at this
 * file's edge. Not here: drawing, and the resampling of pixels (`preprocess.ts`).
 */

import { GroundingInputError } from './errors.ts';

declare const frameOf: unique symbol;

/** Corners; x to the right, y down, `x1 <= x2`, `y1 <= y2` unless a network said otherwise. */
export interface Corners {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

type Framed<Frame extends string> = Corners & { readonly [frameOf]: Frame };

/** A box in pixels of the user's image (after EXIF orientation); 0 is the left or top edge of the first pixel. */
export type BoxInImage = Framed<'pixels of the user image'>;
/** A box in pixels of the padded square. */
export type BoxInSquare = Framed<'pixels of the padded square'>;
/** A box in fractions of the padded square, 0 to 1. */
export type BoxInFrame = Framed<'fractions of the padded square'>;

export const boxInImage = (x1: number, y1: number, x2: number, y2: number): BoxInImage =>
  ({ x1, y1, x2, y2 }) as BoxInImage;
export const boxInSquare = (x1: number, y1: number, x2: number, y2: number): BoxInSquare =>
  ({ x1, y1, x2, y2 }) as BoxInSquare;
export const boxInFrame = (x1: number, y1: number, x2: number, y2: number): BoxInFrame =>
  ({ x1, y1, x2, y2 }) as BoxInFrame;

/** How an image lies in the padded square. All in pixels, all whole numbers. */
export interface Letterbox {
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Side of the padded square. */
  readonly side: number;
  /** The rectangle of the square that the resized image fills; the rest is padding. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** An image longer than this on one side is taken for a mistake: no browser's canvas or decoder gives one. */
export const MAX_IMAGE_SIDE = 65_535;
/** More pixels than this (a 512-megapixel image, 1.5 GB of RGB) would not fit a page's memory. */
export const MAX_IMAGE_PIXELS = 1 << 29;
/** The largest square a network of this kind is fed; CLIP's largest is 336. */
export const MAX_SQUARE_SIDE = 2_048;

/** Python's `round`: to the nearest whole number, halves to the even one. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * How an image of `imageWidth` × `imageHeight` pixels is fitted into a square of `side` pixels: the longer
 * side becomes `side`, the image is centred, an odd pixel of padding goes to the right or the bottom
 * (original: `datasets/transforms.py`, `resize_according_to_long_side` and `NormalizeAndPad`).
 *
 * An image so thin that its short side would round to nothing keeps one row or column; the original fails there.
 *
 * @throws GroundingInputError `image-size` or `network-size`
 */
export function letterboxOf(imageWidth: number, imageHeight: number, side: number): Letterbox {
  for (const [what, value] of [
    ['width', imageWidth],
    ['height', imageHeight],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_IMAGE_SIDE) {
      throw new GroundingInputError(
        'image-size',
        `The image's ${what} is ${value} pixels; it must be a whole number from 1 to ${MAX_IMAGE_SIDE}.`,
      );
    }
  }
  if (imageWidth * imageHeight > MAX_IMAGE_PIXELS) {
    throw new GroundingInputError(
      'image-size',
      `The image is ${imageWidth} × ${imageHeight} pixels, more than the ${MAX_IMAGE_PIXELS} that can be handled.`,
    );
  }
  if (!Number.isInteger(side) || side < 1 || side > MAX_SQUARE_SIDE) {
    throw new GroundingInputError(
      'network-size',
      `The network's image side is ${side} pixels; it must be a whole number from 1 to ${MAX_SQUARE_SIDE}.`,
    );
  }
  const ratio = side / Math.max(imageWidth, imageHeight);
  const width = Math.max(1, roundHalfToEven(imageWidth * ratio));
  const height = Math.max(1, roundHalfToEven(imageHeight * ratio));
  return {
    imageWidth,
    imageHeight,
    side,
    left: padBefore(side - width),
    top: padBefore(side - height),
    width,
    height,
  };
}

/** `round(padding / 2 - 0.1)`, as the original has it: half the padding, the odd pixel after the image. */
function padBefore(padding: number): number {
  // Adding 0 turns the -0 that comes of no padding at all into 0.
  return roundHalfToEven(padding / 2 - 0.1) + 0;
}

/**
 * Pixels of the square per pixel of the image. The original scales boxes by this same ratio on both axes, also
 * where the resized image was rounded to whole pixels, and the network is trained on boxes so scaled.
 */
export function scaleOf(letterbox: Letterbox): number {
  return letterbox.side / Math.max(letterbox.imageWidth, letterbox.imageHeight);
}

/** The network's own form, centre and size as fractions of the square, to corners. */
export function fromCxCyWh(values: ArrayLike<number>): BoxInFrame {
  const [cx = Number.NaN, cy = Number.NaN, w = Number.NaN, h = Number.NaN] = Array.from(values);
  return boxInFrame(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2);
}

/** Corners to centre and size, fractions of the square: `[cx, cy, w, h]`. */
export function toCxCyWh(box: BoxInFrame): [number, number, number, number] {
  return [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2, box.x2 - box.x1, box.y2 - box.y1];
}

/** The part of a box inside the square; metrics are taken on this. */
export function clampToFrame(box: BoxInFrame): BoxInFrame {
  return clampCorners(box, 1, 1) as BoxInFrame;
}

export function frameToSquare(box: BoxInFrame, { side }: Pick<Letterbox, 'side'>): BoxInSquare {
  return boxInSquare(box.x1 * side, box.y1 * side, box.x2 * side, box.y2 * side);
}

export function squareToFrame(box: BoxInSquare, { side }: Pick<Letterbox, 'side'>): BoxInFrame {
  return boxInFrame(box.x1 / side, box.y1 / side, box.x2 / side, box.y2 / side);
}

/** To pixels of the user's image, clamped to the image. */
export function squareToImage(box: BoxInSquare, letterbox: Letterbox): BoxInImage {
  const unclamped = squareToImageUnclamped(box, letterbox);
  return clampCorners(unclamped, letterbox.imageWidth, letterbox.imageHeight) as BoxInImage;
}

/** As `squareToImage`, but what lies on the padding stays outside the image: for maps of patches. */
export function squareToImageUnclamped(box: BoxInSquare, letterbox: Letterbox): BoxInImage {
  const scale = scaleOf(letterbox);
  return boxInImage(
    (box.x1 - letterbox.left) / scale,
    (box.y1 - letterbox.top) / scale,
    (box.x2 - letterbox.left) / scale,
    (box.y2 - letterbox.top) / scale,
  );
}

/** From pixels of the user's image: where an annotated box lies in the square. */
export function imageToSquare(box: BoxInImage, letterbox: Letterbox): BoxInSquare {
  const scale = scaleOf(letterbox);
  return boxInSquare(
    box.x1 * scale + letterbox.left,
    box.y1 * scale + letterbox.top,
    box.x2 * scale + letterbox.left,
    box.y2 * scale + letterbox.top,
  );
}

/** Intersection over union of two boxes of one frame, 0 to 1; 0 where both are empty. */
export function iou<Box extends Corners>(a: Box, b: Box): number {
  const width = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1));
  const height = Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
  const both = width * height;
  const either = areaOf(a) + areaOf(b) - both;
  return either > 0 ? both / either : 0;
}

function areaOf(box: Corners): number {
  return Math.max(0, box.x2 - box.x1) * Math.max(0, box.y2 - box.y1);
}

function clampCorners(box: Corners, width: number, height: number): Corners {
  return {
    x1: Math.min(Math.max(box.x1, 0), width),
    y1: Math.min(Math.max(box.y1, 0), height),
    x2: Math.min(Math.max(box.x2, 0), width),
    y2: Math.min(Math.max(box.y2, 0), height),
  };
}
