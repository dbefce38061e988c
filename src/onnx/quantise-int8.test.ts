import { describe, expect, test } from 'vitest';
import { GraphBuilder } from './graph.ts';
import { quantiseColumnsInt8 } from './quantise-int8.ts';
import { bytesOf } from './tensor-bytes.ts';
import {
  float32,
  largestDifference,
  linear,
  randomNormal,
  relativeError,
  runModel,
} from './testing/run-model.ts';

/** What DynamicQuantizeMatMul does to its whole input: 256 steps from its minimum to its maximum, zero included. */
function quantiseActivations(x: Float32Array): Float64Array {
  const low = Math.min(0, ...x);
  const high = Math.max(0, ...x);
  const scale = (high - low) / 255;
  const zeroPoint = Math.round(-low / scale);
  return Float64Array.from(x, (value) => {
    const code = Math.max(0, Math.min(255, Math.round(value / scale) + zeroPoint));
    return (code - zeroPoint) * scale;
  });
}

function dequantise({ quantised, scales }: ReturnType<typeof quantiseColumnsInt8>, n: number, k: number) {
  return Float32Array.from(
    { length: n * k },
    (_, i) => (quantised[(i % k) * n + Math.floor(i / k)] as number) * (scales[Math.floor(i / k)] as number),
  );
}

async function runDynamic(
  codes: ReturnType<typeof quantiseColumnsInt8>,
  x: Float32Array,
  bias: Float32Array,
  [m, n, k]: [number, number, number],
): Promise<readonly number[]> {
  const graph = new GraphBuilder('dynamic');
  const [y] = graph.node(
    'DynamicQuantizeMatMul',
    [
      graph.input('x', 'float32', ['m', k]),
      graph.constant('b', 'int8', [k, n], bytesOf(codes.quantised)),
      graph.constant('scales', 'float32', [n], bytesOf(codes.scales)),
      null,
      graph.constant('bias', 'float32', [n], bytesOf(bias)),
    ],
    [{ dtype: 'float32', shape: ['m', n] }],
    {},
    'com.microsoft',
  );
  graph.output(y, 'y');
  const output = await runModel(graph.build(), { x: float32(x, [m, k]) });
  return output('y').values;
}

describe('int8 weights by column', () => {
  test.each<[number, string, (i: number, value: number) => number]>([
    [64, 'any activations', (_, value) => value],
    // Chosen so that no two neighbouring products exceed 16 bits, which some machines could not add.
    [127, 'small activations beside one large', (i, value) => (i === 0 ? 8 : i === 1 ? 0 : Math.abs(value))],
  ])('up to %i are multiplied with %s by ONNX Runtime', async (magnitude, _, choose) => {
    const [m, n, k] = [4, 37, 96];
    const weight = randomNormal(n * k, 1, 0.05);
    const x = randomNormal(m * k, 2).map((value, i) => choose(i, value));
    const bias = randomNormal(n, 3);
    const codes = quantiseColumnsInt8(weight, n, k, magnitude);
    const y = await runDynamic(codes, x, bias, [m, n, k]);
    const used = dequantise(codes, n, k);
    expect(largestDifference(y, linear(quantiseActivations(x), used, m, n, k, bias))).toBeLessThan(1e-4);
    expect(relativeError(used, weight)).toBeLessThan(magnitude === 127 ? 0.01 : 0.02);
  });

  test('are exact on any machine up to 64, where two products fit into 16 bits', async () => {
    const [m, n, k] = [2, 16, 64];
    const weight = new Float32Array(n * k).fill(1);
    const x = Float32Array.from({ length: m * k }, () => 1);
    const codes = quantiseColumnsInt8(weight, n, k, 64);
    const y = await runDynamic(codes, x, new Float32Array(n), [m, n, k]);
    expect(largestDifference(y, new Float32Array(m * n).fill(k))).toBeLessThan(1e-3);
  });

  test('are transposed, and reach the largest code in every row', () => {
    const weight = Float32Array.of(1, -2, 0.5, 0, 0, 0, 4, 4, -4, 1e-3, 0, 0);
    const { quantised, scales } = quantiseColumnsInt8(weight, 4, 3);
    expect([...scales]).toEqual([2, 0, 4, Math.fround(1e-3)].map((largest) => Math.fround(largest / 127)));
    expect([...quantised]).toEqual([64, 0, 127, 127, -127, 0, 127, 0, 32, 0, -127, 0]);
  });

  test('refuse what they can not hold', () => {
    const weight = new Float32Array(6).fill(1);
    const withCode = (code: string) => expect.objectContaining({ code });
    expect(() => quantiseColumnsInt8(weight, 4, 2)).toThrow(withCode('size-mismatch'));
    expect(() => quantiseColumnsInt8(weight, 3, 2, 128)).toThrow(withCode('bad-argument'));
    expect(() => quantiseColumnsInt8(weight, 3, 2, 0)).toThrow(withCode('bad-argument'));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      weight[3] = value;
      expect(() => quantiseColumnsInt8(weight, 3, 2)).toThrow(withCode('bad-data'));
    }
  });
});
