import { expect, test } from 'vitest';
import { transpose2d } from './transpose.ts';

test.each([
  [1, 1],
  [3, 5],
  [33, 70],
  [64, 32],
])('a %i × %i matrix is transposed', (rows, cols) => {
  const matrix = Float32Array.from({ length: rows * cols }, (_, i) => i);
  const transposed = transpose2d(matrix, rows, cols);
  const expected = Array.from({ length: rows * cols }, (_, i) => (i % rows) * cols + Math.floor(i / rows));
  expect([...transposed]).toEqual(expected);
});

test('a matrix of another size is refused', () => {
  expect(() => transpose2d(new Float32Array(5), 2, 3)).toThrow(
    expect.objectContaining({ code: 'size-mismatch' }),
  );
});
