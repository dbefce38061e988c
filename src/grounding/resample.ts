/**
 * Bilinear resampling of 8-bit RGB, bit for bit as Pillow does it, since that is what the network's training
 * data went through: a triangle filter widened by the scale when shrinking, weights in fixed point with
 * 22 fractional bits, a horizontal and then a vertical pass with rounding to 8 bits between them
 * (Pillow to version 12, `src/libImaging/Resample.c`; Pillow 13 swaps the passes of tall, thin images, which
 * changes some of their bytes by one). Not a general image library: one filter, one pixel format.
 */

/** Pillow's `PRECISION_BITS`: a 32-bit sum less 8 bits of pixel less 2 of head room. */
const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);

/** For one axis: which source pixels each output pixel reads, and with what fixed-point weights. */
interface AxisWeights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Room for this many weights an output pixel; those past its `count` are 0. */
  readonly stride: number;
  readonly weights: Int32Array;
}

function axisWeights(inputSize: number, outputSize: number): AxisWeights {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const support = filterScale; // the triangle's own half-width is 1
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const row = new Float64Array(stride);
  const perPixel = 1 / filterScale;
  for (let out = 0; out < outputSize; out++) {
    const centre = (out + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const length = Math.min(inputSize, Math.trunc(centre + support + 0.5)) - from;
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const distance = Math.abs((i + from - centre + 0.5) * perPixel);
      const weight = distance < 1 ? 1 - distance : 0;
      row[i] = weight;
      sum += weight;
    }
    for (let i = 0; i < length; i++) {
      const weight = sum === 0 ? (row[i] ?? 0) : (row[i] ?? 0) / sum;
      weights[out * stride + i] = Math.trunc(0.5 + weight * (1 << FRACTION_BITS));
    }
    first[out] = from;
    count[out] = length;
  }
  return { first, count, stride, weights };
}

/** Puts row `y` of the source as RGB bytes into `into` (3 × source width). */
export type RowReader = (y: number, into: Uint8Array) => void;

/**
 * Resizes an RGB image that is read a row at a time, so that neither a converted copy of the source nor
 * anything else of its size is ever held: the intermediate is output width × source height.
 *
 * @returns RGB bytes, row-major, `outputHeight * outputWidth * 3`
 */
export function resampleRgb(
  readRow: RowReader,
  inputWidth: number,
  inputHeight: number,
  outputWidth: number,
  outputHeight: number,
): Uint8Array {
  const narrowed = resampleRows(readRow, inputWidth, inputHeight, outputWidth);
  return inputHeight === outputHeight
    ? narrowed
    : resampleColumns(narrowed, outputWidth * 3, inputHeight, outputHeight);
}

function resampleRows(
  readRow: RowReader,
  inputWidth: number,
  height: number,
  outputWidth: number,
): Uint8Array {
  const result = new Uint8Array(outputWidth * height * 3);
  if (inputWidth === outputWidth) {
    for (let y = 0; y < height; y++) {
      readRow(y, result.subarray(y * inputWidth * 3, (y + 1) * inputWidth * 3));
    }
    return result;
  }
  const { first, count, stride, weights } = axisWeights(inputWidth, outputWidth);
  const row = new Uint8Array(inputWidth * 3);
  let target = 0;
  for (let y = 0; y < height; y++) {
    readRow(y, row);
    for (let x = 0; x < outputWidth; x++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let source = (first[x] as number) * 3;
      const from = x * stride;
      const to = from + (count[x] as number);
      for (let i = from; i < to; i++) {
        const weight = weights[i] as number;
        red = (red + Math.imul(row[source] as number, weight)) | 0;
        green = (green + Math.imul(row[source + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(row[source + 2] as number, weight)) | 0;
        source += 3;
      }
      result[target] = toByte(red);
      result[target + 1] = toByte(green);
      result[target + 2] = toByte(blue);
      target += 3;
    }
  }
  return result;
}

/** Row by row over the source, since a column-wise walk would miss the cache at every step. */
function resampleColumns(
  source: Uint8Array,
  rowLength: number,
  inputHeight: number,
  outputHeight: number,
): Uint8Array {
  const { first, count, stride, weights } = axisWeights(inputHeight, outputHeight);
  const result = new Uint8Array(rowLength * outputHeight);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < outputHeight; y++) {
    sums.fill(HALF);
    for (let i = 0; i < (count[y] as number); i++) {
      const weight = weights[y * stride + i] as number;
      const offset = ((first[y] as number) + i) * rowLength;
      for (let x = 0; x < rowLength; x++) {
        sums[x] = ((sums[x] as number) + Math.imul(source[offset + x] as number, weight)) | 0;
      }
    }
    const offset = y * rowLength;
    for (let x = 0; x < rowLength; x++) result[offset + x] = toByte(sums[x] as number);
  }
  return result;
}

/** The weights of a pixel can add up to a little more than one after rounding; none is negative. */
function toByte(sum: number): number {
  return Math.min(sum >> FRACTION_BITS, 255);
}
