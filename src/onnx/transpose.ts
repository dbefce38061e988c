// Transposing a matrix in memory, by tiles so that both sides stay in the cache.

import { OnnxBuildError } from './errors.ts';

const TILE = 32;

/** [rows, cols] row-major → [cols, rows] row-major. Throws `size-mismatch` if `matrix` has another size. */
export function transpose2d(matrix: Float32Array, rows: number, cols: number): Float32Array<ArrayBuffer> {
  if (matrix.length !== rows * cols) {
    throw new OnnxBuildError(
      'size-mismatch',
      `a ${rows} × ${cols} matrix does not have ${matrix.length} elements`,
    );
  }
  const transposed = new Float32Array(matrix.length);
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < cols; left += TILE) {
      const right = Math.min(cols, left + TILE);
      for (let row = top; row < bottom; row++) {
        for (let col = left; col < right; col++) {
          transposed[col * rows + row] = matrix[row * cols + col] as number;
        }
      }
    }
  }
  return transposed;
}
