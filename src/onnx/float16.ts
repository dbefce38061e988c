// IEEE 754 half precision, to and from single precision, over whole arrays. Halves are handled as their 16 bits,
// since Float16Array is not everywhere yet.

const floatScratch = new Float32Array(1);
const bitsScratch = new Uint32Array(floatScratch.buffer);

/** 2^-24, the value of the lowest bit of a subnormal half. */
const SUBNORMAL_STEP = 2 ** -24;

/**
 * Rounds to the nearest half, ties to even. Magnitudes from 65,520 up become infinite (they are not clamped), below
 * 2^-25 zero; signs of zeros are kept; every NaN becomes a quiet NaN with its sign and its payload's upper bits.
 */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = halfFromBits(bits[i] as number);
  return halves;
}

function halfFromBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) {
    if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
    return sign | 0x7c00;
  }
  if (magnitude < 0x38800000) {
    // Below 2^-14: a subnormal half, a whole number of steps. Scaling is exact in double precision, and adding 2^52
    // rounds to whole numbers, ties to even, in that one addition.
    bitsScratch[0] = magnitude;
    const steps = (floatScratch[0] as number) / SUBNORMAL_STEP;
    return sign | (steps + 2 ** 52 - 2 ** 52);
  }
  // Re-bias the exponent, then add just under half a step, and a whole half where the kept part is odd. A carry runs
  // into the exponent, and from the largest one to infinity, as it should.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Exact: every half is a single-precision number. */
export function float16ToFloat32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] as number;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      values[i] = fraction * SUBNORMAL_STEP;
      bits[i] = (bits[i] as number) | sign;
    } else {
      const rebiased = exponent === 0x1f ? 0xff : exponent + 112;
      bits[i] = sign | (rebiased << 23) | (fraction << 13);
    }
  }
  return values;
}

/** Each value moved to the nearest half, kept in single precision. */
export function roundToFloat16(values: Float32Array): Float32Array<ArrayBuffer> {
  return float16ToFloat32(float32ToFloat16(values));
}
