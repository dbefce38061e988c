import { describe, expect, test } from 'vitest';
import { OnnxBuildError, type OnnxBuildErrorCode } from './errors.ts';
import { WeightFile } from './external-data.ts';
import { GraphBuilder } from './graph.ts';
import { bytesOf } from './tensor-bytes.ts';
import { float32, int64, largestDifference, linear, randomNormal, runModel } from './testing/run-model.ts';
import type { Attribute, OnnxDtype } from './types.ts';

const f32 = (...shape: (number | string)[]) => ({ dtype: 'float32', shape }) as const;

function failure(act: () => unknown): OnnxBuildErrorCode {
  try {
    act();
  } catch (error) {
    if (error instanceof OnnxBuildError) return error.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a built graph on ONNX Runtime', () => {
  test('multiplies matrices as plain JavaScript does', async () => {
    const graph = new GraphBuilder('product');
    const [m, k, n] = [3, 5, 4];
    const weight = randomNormal(n * k, 1);
    const bias = randomNormal(n, 2);
    const x = graph.input('x', 'float32', ['rows', k]);
    const w = graph.constant('w', 'float32', [n, k], bytesOf(weight));
    const b = graph.constant('b', 'float32', [n], bytesOf(bias));
    const [transposed] = graph.node('Transpose', [w], [f32(k, n)], { perm: { ints: [1, 0] } });
    const [product] = graph.node('MatMul', [x, transposed], [f32('rows', n)]);
    const [sum] = graph.node('Add', [product, b], [f32('rows', n)]);
    const [gemm] = graph.node('Gemm', [x, w, b], [f32('rows', n)], {
      transB: { int: 1 },
      alpha: { float: 0.5 },
      beta: { float: -2 },
    });
    graph.output(sum, 'matmul');
    graph.output(gemm, 'gemm');

    const input = randomNormal(m * k, 3);
    const output = await runModel(graph.build(), { x: float32(input, [m, k]) });

    expect(output('matmul').dims).toEqual([m, n]);
    expect(largestDifference(output('matmul').values, linear(input, weight, m, n, k, bias))).toBeLessThan(
      1e-5,
    );
    const halved = linear(input, weight, m, n, k).map(
      (value, i) => 0.5 * value - 2 * (bias[i % n] as number),
    );
    expect(largestDifference(output('gemm').values, halved)).toBeLessThan(1e-5);
  });

  test('reads its weights from files beside it, one shared by two models', async () => {
    const file = new WeightFile('weights.bin');
    const other = new WeightFile('more.bin');
    const weight = randomNormal(7 * 3, 4);
    const add = () =>
      file.add({ name: 'w', dtype: 'float32', shape: [7, 3], encode: async () => bytesOf(weight) });
    file.add({ name: 'first', dtype: 'uint8', shape: [5], encode: async () => Uint8Array.of(1, 2, 3, 4, 5) });
    const offset = other.add({
      name: 'offset',
      dtype: 'float32',
      shape: [7],
      encode: async () => bytesOf(Float32Array.from({ length: 7 }, (_, i) => i)),
    });
    const build = (name: string, transB: number) => {
      const graph = new GraphBuilder(name);
      const x = graph.input('x', 'float32', [2, transB === 1 ? 3 : 7]);
      const inputs = transB === 1 ? [x, graph.weight(add()), graph.weight(offset)] : [x, graph.weight(add())];
      const [y] = graph.node('Gemm', inputs, [f32(2, transB === 1 ? 7 : 3)], { transB: { int: transB } });
      graph.output(y, 'y');
      return graph.build();
    };

    const x = randomNormal(6, 5);
    const a = await runModel(build('a', 1), { x: float32(x, [2, 3]) }, [file, other]);
    expect(largestDifference(a('y').values, linear(x, weight, 2, 7, 3, [0, 1, 2, 3, 4, 5, 6]))).toBeLessThan(
      1e-5,
    );
    const b = await runModel(build('b', 0), { x: float32(randomNormal(14, 6), [2, 7]) }, [file]);
    expect(b('y').dims).toEqual([2, 3]);
    expect(file.entries.map((entry) => entry.name)).toEqual(['first', 'w']);
  });

  test.each<[OnnxDtype, number[]]>([
    ['float32', [1.5, -2, 0]],
    ['float16', [1.5, -2, 65504]],
    ['int64', [Number.MAX_SAFE_INTEGER, -1, 0]],
    ['int32', [2 ** 31 - 1, -(2 ** 31), 5]],
    ['uint8', [255, 0, 7]],
    ['int8', [127, -128, 7]],
    ['bool', [1, 0, 1]],
  ])('keeps a constant of type %s as it is', async (dtype, numbers) => {
    const graph = new GraphBuilder('constants');
    graph.output(graph.constant('c', dtype, [3], numbers), 'out');
    const output = await runModel(graph.build(), {});
    expect(output('out')).toEqual({ dims: [3], values: numbers });
  });

  test('takes every kind of attribute, negative integers too', async () => {
    const graph = new GraphBuilder('attributes');
    const x = graph.input('x', 'float32', [2, 4]);
    const [left, right] = graph.node('Split', [x], [f32(2, 2), f32(2, 2)], {
      axis: { int: -1 },
      num_outputs: { int: 2 },
    });
    const [made] = graph.node('Constant', [], [f32(2)], { value_floats: { floats: [0.25, -8] } });
    const [scaled] = graph.node('Mul', [right, made], [f32(2, 2)]);
    const [gelu] = graph.node('Gelu', [left], [f32(2, 2)], { approximate: { string: 'tanh' } });
    const [flipped] = graph.node('Transpose', [scaled], [f32(2, 2)], { perm: { ints: [1, 0] } });
    const [leaky] = graph.node('LeakyRelu', [flipped], [f32(2, 2)], { alpha: { float: 0.5 } });
    graph.output(gelu, 'gelu');
    graph.output(leaky, 'leaky');
    const output = await runModel(graph.build(), { x: float32([0, 1, 4, 1, 0, 1, -8, -1], [2, 4]) });
    expect(output('leaky').values).toEqual([1, -1, -4, 8]);
    expect(output('gelu').values[1]).toBeCloseTo(0.841192, 5);
  });

  test('leaves out optional inputs and outputs that are null', async () => {
    const graph = new GraphBuilder('optional');
    const x = graph.input('x', 'float32', [4]);
    const [clipped] = graph.node('Clip', [x, null, graph.constant('max', 'float32', [], [2])], [f32(4)]);
    const [unique, skipped, inverse] = graph.node(
      'Unique',
      [clipped],
      [f32('count'), null, { dtype: 'int64', shape: [4] }],
    );
    graph.output(unique, 'unique');
    graph.output(inverse, 'inverse');
    expect(skipped).toBeNull();
    const output = await runModel(graph.build(), { x: float32([5, -1, 3, -1], [4]) });
    expect(output('unique').values).toEqual([-1, 2]);
    expect(output('inverse').values).toEqual([1, 0, 1, 0]);
  });

  test('runs operators of com.microsoft', async () => {
    const graph = new GraphBuilder('contrib');
    const x = graph.input('x', 'float32', [1]);
    const [y] = graph.node('QuickGelu', [x], [f32(1)], { alpha: { float: 1.702 } }, 'com.microsoft');
    graph.output(y, 'y');
    const output = await runModel(graph.build(), { x: float32([2], [1]) });
    expect(output('y').values[0]).toBeCloseTo(2 / (1 + Math.exp(-1.702 * 2)), 6);
  });

  test('tells ONNX Runtime its shapes, so that a wrong one is found on loading', async () => {
    const graph = new GraphBuilder('wrong');
    const x = graph.input('x', 'float32', [2, 3]);
    const [y] = graph.node('Transpose', [x], [f32(2, 3)], { perm: { ints: [1, 0] } });
    const [z] = graph.node('Relu', [y], [f32(3, 2)]);
    graph.output(z, 'z');
    await expect(runModel(graph.build(), { x: float32([1, 2, 3, 4, 5, 6], [2, 3]) })).rejects.toThrow(
      /shape/i,
    );
  });

  test('may give out one value under several names, and an input or a constant', async () => {
    const graph = new GraphBuilder('names');
    const x = graph.input('x', 'int64', [2]);
    const [y] = graph.node('Neg', [x], [{ dtype: 'int64', shape: [2], name: 'y' }]);
    graph.output(y);
    graph.output(y, 'y again');
    graph.output(x, 'x again');
    const output = await runModel(graph.build(), { x: int64([3, -4], [2]) });
    expect(output('y').values).toEqual([-3, 4]);
    expect(output('y again').values).toEqual([-3, 4]);
    expect(output('x again').values).toEqual([3, -4]);
  });
});

describe('names in a graph', () => {
  test('are made unique where none was given', () => {
    const graph = new GraphBuilder('g');
    const x = graph.input('Relu', 'float32', [1]);
    const names = Array.from({ length: 20 }, () => graph.node('Relu', [x], [f32(1)])[0].name);
    expect(new Set([...names, x.name]).size).toBe(21);
  });

  test('that were given twice are refused', () => {
    const graph = new GraphBuilder('g');
    const x = graph.input('x', 'float32', [1]);
    expect(failure(() => graph.input('x', 'float32', [1]))).toBe('duplicate-name');
    expect(failure(() => graph.node('Relu', [x], [{ ...f32(1), name: 'x' }]))).toBe('duplicate-name');
    expect(failure(() => graph.constant('x', 'float32', [1], [0]))).toBe('duplicate-name');
    graph.output(x);
    expect(failure(() => graph.output(x))).toBe('duplicate-name');
  });

  test('of constants may come again with the same content only', () => {
    const graph = new GraphBuilder('g');
    const shape = graph.constant('shape', 'int64', [2], [1, -1]);
    expect(graph.constant('shape', 'int64', [2], [1, -1])).toBe(shape);
    expect(failure(() => graph.constant('shape', 'int64', [2], [1, -2]))).toBe('duplicate-name');
    expect(failure(() => graph.constant('shape', 'int64', [1, 2], [1, -1]))).toBe('duplicate-name');
    expect(failure(() => graph.constant('shape', 'int32', [2], [1, -1]))).toBe('duplicate-name');
  });

  test('of weights may come again from the same place only', () => {
    const graph = new GraphBuilder('g');
    const entry = { name: 'w', dtype: 'uint8', shape: [1], encode: async () => new Uint8Array(1) } as const;
    const ref = new WeightFile('a').add(entry);
    expect(graph.weight(ref)).toBe(graph.weight(ref));
    expect(failure(() => graph.weight(new WeightFile('b').add(entry)))).toBe('duplicate-name');
    expect(failure(() => graph.constant('w', 'uint8', [1], [0]))).toBe('duplicate-name');
  });

  test('must not be empty', () => {
    const graph = new GraphBuilder('g');
    expect(failure(() => new GraphBuilder(''))).toBe('bad-name');
    expect(failure(() => graph.input('', 'float32', []))).toBe('bad-name');
    expect(failure(() => graph.output(graph.input('x', 'float32', []), ''))).toBe('bad-name');
  });
});

describe('a graph refuses', () => {
  test('values of another graph', () => {
    const graph = new GraphBuilder('g');
    const stranger = new GraphBuilder('h').input('x', 'float32', [1]);
    expect(failure(() => graph.node('Relu', [stranger], [f32(1)]))).toBe('unknown-value');
    graph.input('x', 'float32', [1]);
    expect(failure(() => graph.node('Relu', [stranger], [f32(1)]))).toBe('unknown-value');
    expect(failure(() => graph.output(stranger))).toBe('unknown-value');
  });

  test.each<[string, OnnxDtype, number[], number[] | Uint8Array]>([
    ['too few numbers', 'float32', [3], [1, 2]],
    ['too many bytes', 'int64', [1], new Uint8Array(9)],
    ['a fraction as an integer', 'int64', [1], [0.5]],
    ['a number out of range', 'int8', [1], [128]],
    ['an integer that a double can not hold', 'int64', [1], [2 ** 53]],
    ['a truth value of 2', 'bool', [1], [2]],
  ])('a constant of %s', (_, dtype, shape, data) => {
    expect(failure(() => new GraphBuilder('g').constant('c', dtype, shape, data))).toBe('bad-data');
  });

  test.each([[[-1]], [[1.5]], [[Number.NaN]], [['']]])('a shape of %j', (shape) => {
    expect(failure(() => new GraphBuilder('g').input('x', 'float32', shape))).toBe('bad-shape');
  });

  test.each<[Attribute]>([
    [{ int: 1.5 }],
    [{ ints: [1, Number.NaN] }],
    [{ float: Number.POSITIVE_INFINITY }],
    [{ floats: [Number.NaN] }],
  ])('an attribute of %j', (attribute) => {
    const graph = new GraphBuilder('g');
    const x = graph.input('x', 'float32', [1]);
    expect(failure(() => graph.node('Op', [x], [f32(1)], { attribute }))).toBe('bad-attribute');
  });

  test('to be built without outputs, and nodes without any', () => {
    const graph = new GraphBuilder('g');
    const x = graph.input('x', 'float32', [1]);
    expect(failure(() => graph.build())).toBe('no-outputs');
    expect(failure(() => graph.node('Relu', [x], []))).toBe('bad-argument');
    expect(failure(() => graph.node('Relu', [x], [null]))).toBe('bad-argument');
  });

  test('a weight whose size does not fit its shape', () => {
    const ref = { name: 'w', dtype: 'float32', shape: [2], file: 'f', offset: 0, byteLength: 4 } as const;
    expect(failure(() => new GraphBuilder('g').weight(ref))).toBe('size-mismatch');
  });
});
