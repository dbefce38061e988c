import * as ort from 'onnxruntime-web';
import { expect, test } from 'vitest';
import { blockShapes, dequantiseBlocks, quantiseBlocks } from './quantise.ts';
import { type LayerWeight, largestInt8, layerModel } from './testing/layer.ts';
import { collect, largestDifference, linear, randomNormal } from './testing/run-model.ts';

// What browsers run: ONNX Runtime's WebAssembly build, with the weight file given as bytes beside the model.
ort.env.wasm.numThreads = 1;

/** Runs x [m, k] through one node whose weights lie in a weight file. */
async function runLayer(
  op: string,
  [m, n, k]: [number, number, number],
  x: Float32Array,
  weights: readonly LayerWeight[],
  attributes: Record<string, { int: number }>,
): Promise<Float32Array> {
  const { model, file } = layerModel(op, [m, n, k], weights, attributes);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    externalData: [{ path: file.fileName, data: await collect(file) }],
  });
  try {
    const outputs = await session.run({ x: new ort.Tensor('float32', x, [m, k]) });
    return outputs.y?.data as Float32Array;
  } finally {
    await session.release();
  }
}

test.each([4, 8] as const)('MatMulNBits at %i bits takes its weights from memory', async (bits) => {
  const [m, n, k] = [5, 24, 80];
  const weight = randomNormal(n * k, 1, 0.05);
  const x = randomNormal(m * k, 2);
  const quantised = quantiseBlocks(weight, n, k, bits, 32);
  const shapes = blockShapes(n, k, bits, 32);
  const weights: LayerWeight[] = [
    ['uint8', shapes.packed, quantised.packed],
    ['float32', shapes.scales, quantised.scales],
  ];
  const attributes = { K: { int: k }, N: { int: n }, bits: { int: bits }, block_size: { int: 32 } };
  const y = await runLayer('MatMulNBits', [m, n, k], x, weights, attributes);
  const used = dequantiseBlocks(quantised, n, k, bits, 32);
  expect(largestDifference(y, linear(x, used, m, n, k))).toBeLessThan(1e-5);
});

test('int8 products do not saturate, even where every factor is the largest', async () => {
  const [m, n, k] = [3, 16, 64];
  const x = new Float32Array(m * k).fill(1);
  const y = await runLayer('DynamicQuantizeMatMul', [m, n, k], x, largestInt8(n, k), {});
  expect(largestDifference(y, new Float32Array(m * n).fill(k))).toBeLessThan(1e-4);
});
