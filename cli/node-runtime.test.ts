import { expect, test } from 'vitest';
import { largestInt8, layerModel } from '../src/onnx/testing/layer.ts';
import { float32, largestDifference, MODEL_FILE, runSession } from '../src/onnx/testing/run-model.ts';
import { nodeRuntime } from './node-runtime.ts';

test.each([false, true])(
  'int8 products do not saturate, whatever the processor has (lean: %s)',
  async (lean) => {
    const [m, n, k] = [3, 16, 64];
    const { model, file } = layerModel('DynamicQuantizeMatMul', [m, n, k], largestInt8(n, k));
    const x = float32(new Float32Array(m * k).fill(1), [m, k]);
    const files = { model: MODEL_FILE, weights: [file.fileName] };
    const outputs = await runSession(model, [file], { x }, (folder) =>
      nodeRuntime(folder, { threads: 1, lean }).createSession(files, []),
    );
    expect(largestDifference(outputs('y').values, new Float32Array(m * n).fill(k))).toBeLessThan(1e-4);
  },
);
