import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { float16ToFloat32, float32ToFloat16, roundToFloat16 } from './float16.ts';
import { GraphBuilder } from './graph.ts';
import {
  type BlockBits,
  blockShapes,
  dequantiseBlocks,
  dequantiseGatherTable,
  gatherTableShapes,
  quantiseBlocks,
  quantiseGatherTable,
} from './quantise.ts';
import { bytesOf } from './tensor-bytes.ts';
import {
  float32,
  int64,
  largestDifference,
  linear,
  randomNormal,
  relativeError,
  runModel,
} from './testing/run-model.ts';

const CASES: [BlockBits, number][] = [
  [4, 16],
  [4, 32],
  [4, 128],
  [8, 32],
  [8, 64],
];

/** A layer x · weightᵀ + bias by MatMulNBits, fp32 activations. */
async function runMatMulNBits(
  weight: Float32Array,
  x: Float32Array,
  [m, n, k]: [number, number, number],
  bits: BlockBits,
  blockSize: number,
  bias: Float32Array,
): Promise<readonly number[]> {
  const { packed, scales } = quantiseBlocks(weight, n, k, bits, blockSize);
  const shapes = blockShapes(n, k, bits, blockSize);
  const graph = new GraphBuilder('blocks');
  const [y] = graph.node(
    'MatMulNBits',
    [
      graph.input('x', 'float32', ['m', k]),
      graph.constant('b', 'uint8', shapes.packed, packed),
      graph.constant('scales', 'float32', shapes.scales, bytesOf(scales)),
      null,
      null,
      graph.constant('bias', 'float32', [n], bytesOf(bias)),
    ],
    [{ dtype: 'float32', shape: ['m', n] }],
    { K: { int: k }, N: { int: n }, bits: { int: bits }, block_size: { int: blockSize } },
    'com.microsoft',
  );
  graph.output(y, 'y');
  const output = await runModel(graph.build(), { x: float32(x, [m, k]) });
  expect(output('y').dims).toEqual([m, n]);
  return output('y').values;
}

describe('MatMulNBits on block-quantised weights', () => {
  test.each(CASES)(
    'at %i bits in blocks of %i multiplies by the dequantised weights',
    async (bits, block) => {
      const [m, n, k] = [3, 24, 256];
      const weight = randomNormal(n * k, bits + block, 0.05);
      const x = randomNormal(m * k, 2);
      const bias = randomNormal(n, 3);
      const y = await runMatMulNBits(weight, x, [m, n, k], bits, block, bias);
      const used = dequantiseBlocks(quantiseBlocks(weight, n, k, bits, block), n, k, bits, block);
      expect(largestDifference(y, linear(x, used, m, n, k, bias))).toBeLessThan(1e-5);
    },
  );

  test.each<[BlockBits, number]>([
    [4, 77],
    [8, 77],
    [4, 40],
    [8, 16],
  ])('at %i bits takes rows of %i, which fill no whole number of blocks', async (bits, k) => {
    const [m, n] = [2, 16];
    const weight = randomNormal(n * k, 11, 0.05);
    const x = randomNormal(m * k, 12);
    const bias = new Float32Array(n);
    const y = await runMatMulNBits(weight, x, [m, n, k], bits, 32, bias);
    const used = dequantiseBlocks(quantiseBlocks(weight, n, k, bits, 32), n, k, bits, 32);
    expect(largestDifference(y, linear(x, used, m, n, k))).toBeLessThan(1e-5);
  });

  test('takes fp16 activations and scales with the same codes', async () => {
    const [m, n, k] = [2, 32, 64];
    const weight = randomNormal(n * k, 21, 0.05);
    const x = roundToFloat16(randomNormal(m * k, 22));
    const { packed, scales } = quantiseBlocks(weight, n, k, 4, 32, { halfScales: true });
    const shapes = blockShapes(n, k, 4, 32);
    const graph = new GraphBuilder('halves');
    const [half] = graph.node(
      'Cast',
      [graph.input('x', 'float32', [m, k])],
      [{ dtype: 'float16', shape: [m, k] }],
      {
        to: { int: 10 },
      },
    );
    const [y] = graph.node(
      'MatMulNBits',
      [
        half,
        graph.constant('b', 'uint8', shapes.packed, packed),
        graph.constant('scales', 'float16', shapes.scales, bytesOf(float32ToFloat16(scales))),
      ],
      [{ dtype: 'float16', shape: [m, n] }],
      { K: { int: k }, N: { int: n }, bits: { int: 4 }, block_size: { int: 32 } },
      'com.microsoft',
    );
    graph.output(y, 'y');
    const output = await runModel(graph.build(), { x: float32(x, [m, k]) });
    const used = dequantiseBlocks({ packed, scales }, n, k, 4, 32);
    expect(relativeError(output('y').values, linear(x, used, m, n, k))).toBeLessThan(1e-3);
  });
});

describe('GatherBlockQuantized on a quantised embedding', () => {
  test.each<[BlockBits, number, number]>([
    [4, 64, 32],
    [4, 48, 32],
    [4, 38, 16],
    [8, 64, 32],
    [8, 50, 32],
    [8, 33, 16],
  ])(
    'at %i bits, of width %i in blocks of %i, reads the dequantised rows',
    async (bits, width, blockSize) => {
      const rows = 9;
      const table = randomNormal(rows * width, width + bits, 0.02);
      const quantised = quantiseGatherTable(table, rows, width, bits, blockSize);
      const shapes = gatherTableShapes(rows, width, bits, blockSize);
      const graph = new GraphBuilder('embedding');
      const [y] = graph.node(
        'GatherBlockQuantized',
        [
          graph.constant('table', 'uint8', shapes.packed, quantised.packed),
          graph.input('ids', 'int64', [2, 3]),
          graph.constant('scales', 'float32', shapes.scales, bytesOf(quantised.scales)),
        ],
        [{ dtype: 'float32', shape: [2, 3, width] }],
        {
          bits: { int: bits },
          block_size: { int: blockSize },
          gather_axis: { int: 0 },
          quantize_axis: { int: 1 },
        },
        'com.microsoft',
      );
      graph.output(y, 'y');
      const ids = [0, 8, 3, 3, 7, 1];
      const output = await runModel(graph.build(), { ids: int64(ids, [2, 3]) });
      const used = dequantiseGatherTable(quantised, rows, width, bits, blockSize);
      const expected = ids.flatMap((id) => [...used.subarray(id * width, (id + 1) * width)]);
      expect(output('y').values).toEqual(expected);
      expect(relativeError(used, table)).toBeLessThan(bits === 4 ? 0.12 : 0.01);
    },
  );

  test('is packed as for MatMulNBits where rows are whole blocks, so that one copy can serve both', () => {
    const table = randomNormal(5 * 64, 31);
    for (const bits of [4, 8] as const) {
      expect(quantiseGatherTable(table, 5, 64, bits, 32)).toEqual(quantiseBlocks(table, 5, 64, bits, 32));
    }
  });
});

describe('block quantisation', () => {
  test('packs two codes a byte, the first in the low nibble, 8 for zero', () => {
    const weight = new Float32Array(20);
    weight.set([-8, 7, 0, 1, -1]);
    const { packed, scales } = quantiseBlocks(weight, 1, 20, 4, 16);
    expect([...scales]).toEqual([1, 0]);
    expect([...packed]).toEqual([0xf0, 0x98, 0x87, ...new Array(13).fill(0x88)]);
  });

  test('finds scales with less error than spreading the codes from the extreme or to it', () => {
    const [n, k, block] = [8, 1024, 32];
    const weight = randomNormal(n * k, 41);
    const ours = relativeError(
      dequantiseBlocks(quantiseBlocks(weight, n, k, 4, block), n, k, 4, block),
      weight,
    );
    for (const divisor of [-8, 7]) {
      const plain = weight.map((_, i) => {
        const start = i - (i % block);
        const extreme = weight
          .subarray(start, start + block)
          .reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
        const scale = extreme / divisor;
        return Math.max(-8, Math.min(7, Math.round((weight[i] as number) / scale))) * scale;
      });
      expect(ours).toBeLessThan(0.97 * relativeError(plain, weight));
    }
  });

  test('errs by no more than half a step, but for what lies beyond the codes', () => {
    const [n, k] = [16, 256];
    const weight = randomNormal(n * k, 51);
    const quantised = quantiseBlocks(weight, n, k, 8, 32);
    const used = dequantiseBlocks(quantised, n, k, 8, 32);
    for (let i = 0; i < weight.length; i++) {
      const scale = Math.abs(quantised.scales[Math.floor(i / 32)] as number);
      const code = quantised.packed[i] as number;
      const slack = code === 0 || code === 255 ? 1 : 0.5;
      expect(Math.abs((used[i] as number) - (weight[i] as number))).toBeLessThan(scale * (slack + 1e-4));
    }
  });

  test('keeps zeros zero and single weights exact, whatever their sign', () => {
    for (const bits of [4, 8] as const) {
      for (const lone of [0, 3, -3, 1e-30, 3e38]) {
        const weight = new Float32Array(32);
        weight[5] = lone;
        const used = dequantiseBlocks(quantiseBlocks(weight, 1, 32, bits, 32), 1, 32, bits, 32);
        expect(largestDifference(used, weight)).toBeLessThanOrEqual(Math.abs(lone) * 1e-6);
      }
    }
  });

  test('rounds scales to halves if asked to, and picks codes for those', () => {
    const weight = randomNormal(4 * 64, 61, 0.01);
    const quantised = quantiseBlocks(weight, 4, 64, 8, 32, { halfScales: true });
    expect(float16ToFloat32(float32ToFloat16(quantised.scales))).toEqual(quantised.scales);
    expect(relativeError(dequantiseBlocks(quantised, 4, 64, 8, 32), weight)).toBeLessThan(0.01);
  });

  test('reads 4 bits as training rounds weights to them', () => {
    // training/tests/test_rounding.py holds the same file against what training does.
    const { weight, read } = JSON.parse(
      readFileSync(new URL('../../fixtures/q4-rounding.json', import.meta.url), 'utf8'),
    ) as { weight: number[][]; read: number[][] };
    const [n, k] = [weight.length, (weight[0] as number[]).length];
    const quantised = quantiseBlocks(Float32Array.from(weight.flat()), n, k, 4, 32, { halfScales: true });
    const used = dequantiseBlocks(quantised, n, k, 4, 32);
    expect(largestDifference(used, Float32Array.from(read.flat()))).toBe(0);
  });

  test.each([
    ['NaN', Number.NaN, {}],
    ['infinity', Number.NEGATIVE_INFINITY, {}],
    ['more than a half scale can hold', 1e7, { halfScales: true }],
  ])('refuses weights of %s, naming the row', (_, value, options) => {
    const weight = new Float32Array(3 * 32).fill(1);
    weight[2 * 32 + 7] = value;
    for (const bits of [4, 8] as const) {
      expect(() => quantiseBlocks(weight, 3, 32, bits, 32, options)).toThrow(
        expect.objectContaining({ code: 'bad-data', message: expect.stringContaining('row 2') }),
      );
    }
  });

  test('refuses sizes that do not agree or can not be', () => {
    const weight = new Float32Array(64);
    const code = (act: () => unknown) => {
      let thrown: unknown;
      try {
        act();
      } catch (error) {
        thrown = error;
      }
      return thrown;
    };
    const bad = expect.objectContaining({ code: 'bad-argument' });
    expect(code(() => quantiseBlocks(weight, 3, 32, 4, 32))).toEqual(
      expect.objectContaining({ code: 'size-mismatch' }),
    );
    expect(code(() => quantiseBlocks(weight, 2, 32, 4, 24))).toEqual(bad);
    expect(code(() => quantiseBlocks(weight, 2, 32, 4, 8))).toEqual(bad);
    expect(code(() => quantiseBlocks(weight, 2, 32, 5 as 4, 32))).toEqual(bad);
    expect(code(() => quantiseBlocks(weight, 0, 32, 4, 32))).toEqual(bad);
    expect(code(() => quantiseGatherTable(weight, 64 / 3, 3, 4, 16))).toEqual(bad);
    expect(code(() => gatherTableShapes(2, 33, 4, 16))).toEqual(bad);
    expect(code(() => dequantiseBlocks(quantiseBlocks(weight, 2, 32, 4, 32), 2, 64, 4, 32))).toEqual(
      expect.objectContaining({ code: 'size-mismatch' }),
    );
  });
});
