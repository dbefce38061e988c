// ONNX Runtime on Node, for the grounding room: sessions from files on disk, on the CPU.

import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Runtime } from '../src/grounding/session.ts';
import { NATIVE_SESSION } from '../src/grounding/session.ts';

export interface NodeRuntimeOptions {
  /** Threads inside an operator; all cores if left out. */
  readonly threads?: number;
  /** Keeps weights mapped from disk instead of re-packed in memory: slower, half the memory. */
  readonly lean?: boolean;
}

/** A runtime over the bundle in `folder`. Weights are mapped from their files, not read into JavaScript. */
export function nodeRuntime(folder: string, { threads, lean = false }: NodeRuntimeOptions = {}): Runtime {
  return {
    provider: 'cpu',
    float16: false,
    Tensor,
    createSession: ({ model }) =>
      InferenceSession.create(join(folder, model), {
        executionProviders: ['cpu'],
        graphOptimizationLevel: 'all',
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
        ...(lean ? { enableCpuMemArena: false } : {}),
        extra: { session: { ...NATIVE_SESSION, ...(lean ? { disable_prepacking: '1' } : {}) } },
      }),
  };
}
