import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { largestInt8, layerModel } from '../src/onnx/testing/layer.ts';
import { collect, largestDifference } from '../src/onnx/testing/run-model.ts';
import { nodeRuntime } from './node-runtime.ts';

test.each([false, true])(
  'int8 products do not saturate, whatever the processor has (lean: %s)',
  async (lean) => {
    const [m, n, k] = [3, 16, 64];
    const folder = await mkdtemp(join(tmpdir(), 'hivg-runtime-'));
    try {
      const { model, file } = layerModel('DynamicQuantizeMatMul', [m, n, k], largestInt8(n, k));
      await writeFile(join(folder, 'layer.onnx'), model);
      await writeFile(join(folder, file.fileName), await collect(file));
      const files = { model: 'layer.onnx', weights: [file.fileName] };
      const session = await nodeRuntime(folder, { threads: 1, lean }).createSession(files, []);
      try {
        const { y } = await session.run({
          x: new Tensor('float32', new Float32Array(m * k).fill(1), [m, k]),
        });
        const values = (await y?.getData()) as Float32Array;
        expect(largestDifference(values, new Float32Array(m * n).fill(k))).toBeLessThan(1e-4);
      } finally {
        await session.release();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
