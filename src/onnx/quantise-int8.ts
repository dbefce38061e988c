// Quantisation of weights to int8 with one scale for each output, for DynamicQuantizeMatMul (com.microsoft), which
// quantises its activations to uint8 as it runs: A float32 [..., k], B int8 [k, n], b_scale float32 [n], b_zero_point
// left out, bias float32 [n].

import { OnnxBuildError } from './errors.ts';

export interface QuantisedColumns {
  /** Row-major [k, n]: transposed, as a matrix product from the right wants it. */
  readonly quantised: Int8Array<ArrayBuffer>;
  /** [n]: weight = quantised · scale. */
  readonly scales: Float32Array<ArrayBuffer>;
}

const TILE = 64;
const MAX_INT8 = 127;

/**
 * `weight` is row-major [n outputs, k inputs], a torch Linear weight as it is. Codes reach ±`maxMagnitude` (1 … 127).
 *
 * Whether 127 is safe depends on the machine: on x86 with AVX2 or AVX-512BW but without VNNI, ONNX Runtime's kernels
 * (QgemmU8S8KernelAvx2, …Avx512Core) multiply with vpmaddubsw, which adds two u8 × s8 products in 16 saturating bits.
 * 2 · 255 · 127 does not fit, 2 · 255 · 64 does, so there `maxMagnitude` 64 is exact, at the price of one bit; or
 * the session option `x64quantprecision` makes them multiply u8 × u8, exactly (NATIVE_SESSION in grounding/session.ts). With
 * VNNI, on ARM, and in WebAssembly (QgemmU8X8 for SIMD128 widens to 16 bits before it multiplies) nothing saturates.
 *
 * Throws `size-mismatch`, `bad-argument`, and `bad-data` for weights that aren't finite.
 */
export function quantiseColumnsInt8(
  weight: Float32Array,
  n: number,
  k: number,
  maxMagnitude: number = MAX_INT8,
): QuantisedColumns {
  if (weight.length !== n * k) {
    throw new OnnxBuildError('size-mismatch', `a ${n} × ${k} matrix does not have ${weight.length} elements`);
  }
  if (!Number.isInteger(maxMagnitude) || maxMagnitude < 1 || maxMagnitude > MAX_INT8) {
    throw new OnnxBuildError('bad-argument', `int8 codes can't reach ±${maxMagnitude}`);
  }
  const scales = new Float32Array(n);
  const inverses = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    const scale = largestMagnitude(weight, row * k, (row + 1) * k) / maxMagnitude;
    if (!Number.isFinite(scale)) {
      throw new OnnxBuildError('bad-data', `row ${row} has weights that are not finite`);
    }
    scales[row] = scale;
    const stored = scales[row] as number;
    inverses[row] = stored === 0 ? 0 : 1 / stored;
  }
  const quantised = new Int8Array(n * k);
  for (let top = 0; top < n; top += TILE) {
    const bottom = Math.min(n, top + TILE);
    for (let left = 0; left < k; left += TILE) {
      const right = Math.min(k, left + TILE);
      for (let row = top; row < bottom; row++) {
        const inverse = inverses[row] as number;
        for (let col = left; col < right; col++) {
          // Rounds half up; the offset keeps the truncated sum positive.
          const code = (((weight[row * k + col] as number) * inverse + 128.5) | 0) - 128;
          quantised[col * n + row] = Math.max(-maxMagnitude, Math.min(code, maxMagnitude));
        }
      }
    }
  }
  return { quantised, scales };
}

/** NaN or infinite if one of the weights is. */
function largestMagnitude(weight: Float32Array, from: number, to: number): number {
  let largest = 0;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const magnitude = Math.abs(weight[i] as number);
    sum += magnitude;
    if (magnitude > largest) largest = magnitude;
  }
  return Number.isNaN(sum) ? sum : largest;
}
