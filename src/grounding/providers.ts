// Where a network can run, and in which precision: what a person can choose, for rooms that do not know src/hivg.

export { PRECISIONS, type Precision } from '../hivg/precision.ts';

/** What a browser can run a network on. */
export const PROVIDERS = ['webgpu', 'wasm'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Where ONNX Runtime computes. `cpu` is onnxruntime-node's. */
export type RuntimeProvider = Provider | 'cpu';
