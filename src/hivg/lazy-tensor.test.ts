import { describe, expect, it } from 'vitest';
import { HivgError } from './errors.ts';
import { appliedTo, composed, multiply, rows, stacked, stackedLinears, withLora } from './lazy-tensor.ts';
import { lazy } from './testing/tiny-checkpoint.ts';

/** a [n, m] · b [m, p], element by element. */
function product(a: readonly number[], b: readonly number[], n: number, m: number, p: number): number[] {
  return Array.from({ length: n * p }, (_, at) => {
    let sum = 0;
    for (let j = 0; j < m; j++) sum += (a[Math.floor(at / p) * m + j] ?? 0) * (b[j * p + (at % p)] ?? 0);
    return sum;
  });
}

/** Small whole numbers, so that every sum is exact. */
function numbers(count: number, seed = 1): number[] {
  return Array.from({ length: count }, (_, index) => ((index * 7 + seed * 5) % 11) - 5);
}

describe('multiply', () => {
  it.each([
    [1, 1, 1],
    [3, 4, 2],
    [2, 5, 3],
    [4, 11, 7],
    [2, 3, 1],
  ])('of [%d, %d] and [.., %d] is the matrix product', (n, m, p) => {
    const [a, b] = [numbers(n * m, 1), numbers(m * p, 2)];
    const got = multiply(Float32Array.from(a), Float32Array.from(b), n, m, p);
    expect(Array.from(got, (value) => value + 0)).toEqual(product(a, b, n, m, p).map((value) => value + 0));
  });

  it('rounds a long sum once', () => {
    const a = new Float32Array(4001).fill(1e-4);
    a[0] = 1000;
    const exact = Array.from(a).reduce((sum, value) => sum + value, 0);
    expect(multiply(a, new Float32Array(4001).fill(1), 1, 4001, 1)[0]).toBe(Math.fround(exact));
  });
});

describe('weights that are not read yet', () => {
  it('compose two linear layers into one', async () => {
    const [outer, outerBias, inner, innerBias] = [
      numbers(6, 1),
      numbers(2, 2),
      numbers(12, 3),
      numbers(3, 4),
    ];
    const { weight, bias } = composed(
      { weight: lazy([2, 3], outer), bias: lazy([2], outerBias) },
      { weight: lazy([3, 4], inner), bias: lazy([3], innerBias) },
    );
    expect(weight.shape).toEqual([2, 4]);
    const x = numbers(4, 5);
    const hidden = product(inner, x, 3, 4, 1).map((value, i) => value + (innerBias[i] ?? 0));
    const expected = product(outer, hidden, 2, 3, 1).map((value, i) => value + (outerBias[i] ?? 0));
    const own = await bias?.load();
    const got = product(Array.from(await weight.load()), x, 2, 4, 1).map(
      (value, i) => value + (own?.[i] ?? 0),
    );
    expect(got).toEqual(expected);
  });

  it('refuse to compose layers that do not fit', () => {
    const layer = (outputs: number, inputs: number) => ({ weight: lazy([outputs, inputs], []), bias: null });
    expect(() => composed(layer(2, 3), layer(4, 5))).toThrow(HivgError);
  });

  it('merge a low-rank adapter', async () => {
    const [w, a, b] = [numbers(12, 1), numbers(8, 2), numbers(6, 3)];
    const merged = withLora(lazy([3, 4], w), lazy([2, 4], a), lazy([3, 2], b), 0.5);
    const delta = product(b, a, 3, 2, 4);
    expect(Array.from(await merged.load())).toEqual(w.map((value, i) => value + 0.5 * (delta[i] ?? 0)));
  });

  it('refuse an adapter whose shapes do not fit', () => {
    expect(() => withLora(lazy([3, 4], []), lazy([2, 5], []), lazy([3, 2], []), 1)).toThrow(/LoRA of shapes/);
    expect(() => withLora(lazy([3, 4], []), lazy([2, 4], []), lazy([3, 1], []), 1)).toThrow(/LoRA of shapes/);
  });

  it('stack along the first axis', async () => {
    const tensor = stacked([lazy([1, 2], [1, 2]), lazy([2, 2], [3, 4, 5, 6])]);
    expect(tensor.shape).toEqual([3, 2]);
    expect(Array.from(await tensor.load())).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('stack linear layers, a bias of zeros where one has none', async () => {
    const { bias } = stackedLinears([
      { weight: lazy([1, 2], [1, 2]), bias: null },
      { weight: lazy([1, 2], [3, 4]), bias: lazy([1], [9]) },
    ]);
    expect(Array.from((await bias?.load()) ?? [])).toEqual([0, 9]);
  });

  it('cut rows out', async () => {
    const part = rows(lazy([3, 2], [1, 2, 3, 4, 5, 6]), 1, 3);
    expect(part.shape).toEqual([2, 2]);
    expect(Array.from(await part.load())).toEqual([3, 4, 5, 6]);
  });

  it('make a table of what a layer does to constant rows', async () => {
    const [w, x] = [
      [1, 2, 3, 4, 5, 6],
      [1, 0, 2, 0, 1, 1],
    ];
    const table = appliedTo(lazy([2, 3], w), lazy([2, 3], x));
    expect(table.shape).toEqual([2, 2]);
    expect(Array.from(await table.load())).toEqual([7, 16, 5, 11]);
  });
});
