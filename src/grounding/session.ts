// Sessions of ONNX Runtime over a bundle's graphs. The runtime itself comes from outside (onnxruntime-node, -web), as
// does the way to hand it a graph with its weights, so that the browser and Node run the same code.
//
// One create and one run at a time over all sessions: two at once deadlock a worker or corrupt its memory
// (docs/runtime.md), so everything that touches the runtime goes through one queue.

import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-common';
import type { Activation, GraphName, Precision } from '../hivg/precision.ts';
import type { Manifest } from './bundle.ts';
import { BundleError } from './bundle.ts';
import type { RuntimeProvider } from './providers.ts';

export interface GraphFiles {
  /** Paths inside the bundle. */
  readonly model: string;
  readonly weights: readonly string[];
}

/** ONNX Runtime and what it runs on. */
export interface Runtime {
  readonly provider: RuntimeProvider;
  /** True where graphs may compute in float16 (WebGPU with `shader-f16`). */
  readonly float16: boolean;
  /** The runtime's own tensor class. */
  readonly Tensor: typeof Tensor;
  /** Makes a session of a graph; outputs named in `keepOnDevice` stay where they were computed. */
  createSession(files: GraphFiles, keepOnDevice: readonly string[]): Promise<InferenceSession>;
}

/**
 * For every native session. Its threads stop spinning when a run has ended: graphs run in turn, each on a pool of its
 * own, and those that wait would take cores from the one that computes. And int8 is multiplied exactly on x86 without
 * VNNI too, where two products otherwise saturate in 16 bits; elsewhere that changes nothing.
 */
export const NATIVE_SESSION = { force_spinning_stop: '1', x64quantprecision: '1' } as const;

/** Precisions in the order in which they are preferred on a provider. */
const PREFERRED: Readonly<Record<RuntimeProvider, readonly Precision[]>> = {
  webgpu: ['q4', 'q8', 'fp16', 'fp32'],
  wasm: ['int8', 'fp32'],
  cpu: ['fp32', 'q8', 'q4', 'int8', 'fp16'],
};

/**
 * Precisions of a bundle that run on a provider, best first. `int8` has no WebGPU kernels; `q4` and `q8` look
 * embeddings up with an operator that wasm lacks; `fp16` graphs need the GPU's `shader-f16`.
 */
export function usablePrecisions(
  manifest: Manifest,
  provider: RuntimeProvider,
  float16: boolean,
): Precision[] {
  return PREFERRED[provider].filter((precision) => {
    const graphs = manifest.precisions[precision]?.graphs;
    return graphs && (graphs.float32 || (graphs.float16 && (float16 || provider === 'cpu')));
  });
}

/**
 * The precision to run: the one asked for, or the best there is.
 *
 * @throws {BundleError} `no-precision`, saying what the bundle has
 */
export function choosePrecision(
  manifest: Manifest,
  runtime: Pick<Runtime, 'provider' | 'float16'>,
  wanted: Precision | 'auto',
): { precision: Precision; activation: Activation } {
  const usable = usablePrecisions(manifest, runtime.provider, runtime.float16);
  const precision = wanted === 'auto' ? usable[0] : usable.find((name) => name === wanted);
  const graphs = precision && manifest.precisions[precision]?.graphs;
  if (!precision || !graphs) {
    const has = Object.keys(manifest.precisions).join(', ');
    const what = wanted === 'auto' ? 'nothing' : `no '${wanted}'`;
    throw new BundleError(
      'no-precision',
      `The model '${manifest.name}' has ${what} that runs on ${runtime.provider}: it has ${has}${usable.length > 0 ? `, of which ${usable.join(', ')} would run` : ''}.`,
    );
  }
  const activation = graphs.float16 && (runtime.float16 || !graphs.float32) ? 'float16' : 'float32';
  return { precision, activation };
}

/** The files of one graph of a bundle. */
export function graphFiles(
  manifest: Manifest,
  precision: Precision,
  activation: Activation,
  graph: GraphName,
): GraphFiles {
  const entry = manifest.precisions[precision];
  const paths = entry?.graphs[activation];
  if (!entry || !paths) {
    throw new BundleError(
      'no-precision',
      `The model '${manifest.name}' has no ${precision} graphs in ${activation}.`,
    );
  }
  return { model: paths[graph], weights: entry.weights[graph] };
}

/** Runs tasks one after another, in the order they came; a failed one does not stop those behind it. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** The queue in front of the runtime; there is one runtime in a worker or process, hence one queue. */
export const runtimeQueue = new Queue();

/** A tensor's values as float32, read back from the device if it lies there. */
export async function readFloats(tensor: Tensor): Promise<Float32Array> {
  const data = await (tensor as TypedTensor<'float32'>).getData();
  return data as Float32Array;
}

/** Frees what a run made, where it holds memory of a device. */
export function disposeAll(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}
