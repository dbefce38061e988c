// ONNX Runtime in the browser: which build, which provider, which device. One build is loaded in a worker's life, the
// smallest that the browser can run for the provider chosen; traps and their sources are in docs/runtime.md.

import type { InferenceSession } from 'onnxruntime-common';
import asyncifyScript from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import jspiScript from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url';
import jspiWasm from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import cpuScript from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import cpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { BundleReader, Manifest } from '../src/grounding/bundle.ts';
import { readChecked } from '../src/grounding/bundle.ts';
import type { Runtime } from '../src/grounding/session.ts';
import { WorkerError } from './errors.ts';
import { fileFault } from './file-fault.ts';

type Ort = typeof import('onnxruntime-web');

/** More threads than this gain nothing on a network of this size and take them from the page. */
const MOST_THREADS = 4;

export interface Gpu {
  readonly device: GPUDevice;
  readonly float16: boolean;
  /** Computed by the CPU (SwiftShader and the like): right, but slower than wasm. */
  readonly software: boolean;
  readonly name: string;
}

/**
 * A device on the GPU.
 *
 * @returns the device, or words for why there is none
 */
export async function openGpu(): Promise<Gpu | string> {
  if (!('gpu' in navigator)) return 'this browser has no WebGPU';
  const adapter = await navigator.gpu
    .requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  if (!adapter) return 'this browser found no graphics processor that it can use';
  const { info, features, limits } = adapter;
  const software =
    info.isFallbackAdapter ||
    /swiftshader|llvmpipe|software/i.test(`${info.architecture} ${info.device} ${info.description}`);
  const float16 = features.has('shader-f16');
  const wanted: GPUFeatureName[] = [];
  if (float16) wanted.push('shader-f16');
  // SwiftShader's subgroups of 4 make FlashAttention compute wrongly, without an error.
  if (!software && features.has('subgroups' as GPUFeatureName)) wanted.push('subgroups' as GPUFeatureName);
  const requiredLimits: Record<string, number> = {};
  for (const name of [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxStorageBuffersPerShaderStage',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
    'maxComputeWorkgroupSizeY',
    'maxComputeWorkgroupSizeZ',
    'maxComputeWorkgroupsPerDimension',
  ] as const) {
    requiredLimits[name] = limits[name];
  }
  try {
    const device = await adapter.requestDevice({ requiredFeatures: wanted, requiredLimits });
    const name = [info.vendor, info.architecture || info.device].filter(Boolean).join(' ') || 'unnamed';
    return { device, float16, software, name };
  } catch (error) {
    return `the graphics processor could not be opened (${(error as Error).message})`;
  }
}

/** Threads for wasm: shared memory, and with it threads, exists only where the page is cross-origin isolated. */
export function threadCount(wanted: number | undefined): number {
  if (!self.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(wanted ?? MOST_THREADS, navigator.hardwareConcurrency || 1));
}

const hasSuspending = 'Suspending' in WebAssembly;

/** A build's WebAssembly and the script beside it, relative to this one. */
function runtimeFiles(provider: 'webgpu' | 'wasm'): readonly [string, string] {
  if (provider === 'wasm') return [cpuWasm, cpuScript];
  return hasSuspending ? [jspiWasm, jspiScript] : [asyncifyWasm, asyncifyScript];
}

let loaded: { readonly provider: 'webgpu' | 'wasm'; readonly ort: Promise<Ort> } | null = null;

/** The runtime's build for a provider. A worker keeps the first one it loads: a second would need its memory twice. */
function loadOrt(provider: 'webgpu' | 'wasm', threads: number): Promise<Ort> {
  // The WebGPU builds compute in wasm too, so one that is there serves both.
  if (loaded && (loaded.provider === provider || loaded.provider === 'webgpu')) return loaded.ort;
  const load = async (): Promise<Ort> => {
    const [wasm, mjs] = runtimeFiles(provider);
    const ort =
      provider === 'wasm'
        ? await import('onnxruntime-web/wasm')
        : hasSuspending
          ? await import('onnxruntime-web/jspi')
          : await import('onnxruntime-web/webgpu');
    const absolute = (url: string) => new URL(url, import.meta.url).href;
    ort.env.wasm.wasmPaths = { wasm: absolute(wasm), mjs: absolute(mjs) };
    ort.env.wasm.numThreads = threads;
    ort.env.logLevel = 'error';
    return ort as unknown as Ort;
  };
  loaded = { provider, ort: load() };
  return loaded.ort;
}

/**
 * What is wrong with the runtime, in words that name the file: its own ("Aborted", "Failed to fetch dynamically imported
 * module") tell nobody what to do. Looked for once something has failed.
 */
async function runtimeFault(provider: 'webgpu' | 'wasm', cause: Error): Promise<WorkerError> {
  loaded = null;
  for (const url of runtimeFiles(provider)) {
    const fault = await fileFault(new URL(url, import.meta.url));
    if (fault) return new WorkerError('session-failed', fault.message, fault.hint);
  }
  return new WorkerError(
    'session-failed',
    `ONNX Runtime did not start: ${cause.message}`,
    'Reload the page.',
  );
}

/** Sessions on a provider over a bundle; a graph's files are read and checked when its session is made. */
export async function webRuntime(
  reader: BundleReader,
  manifest: Manifest,
  on:
    | { readonly provider: 'webgpu'; readonly gpu: Gpu }
    | { readonly provider: 'wasm'; readonly threads: number },
): Promise<Runtime> {
  const ort = await loadOrt(on.provider, on.provider === 'wasm' ? on.threads : 1).catch(
    async (error: Error) => {
      throw await runtimeFault(on.provider, error);
    },
  );
  // The first session starts the WebAssembly; what fails there is as a rule its file.
  let started = false;
  return {
    provider: on.provider,
    float16: on.provider === 'webgpu' && on.gpu.float16,
    Tensor: ort.Tensor as unknown as Runtime['Tensor'],
    async createSession({ model, weights }, keepOnDevice) {
      const modelBytes = await readChecked(reader, manifest, model);
      const externalData = [];
      for (const path of weights) {
        externalData.push({
          path: path.split('/').at(-1) as string,
          data: await readChecked(reader, manifest, path),
        });
      }
      const options: InferenceSession.SessionOptions = { graphOptimizationLevel: 'all', externalData };
      if (on.provider === 'webgpu') {
        options.executionProviders = [
          { name: 'webgpu', device: on.gpu.device } as InferenceSession.WebGpuExecutionProviderOption,
        ];
        options.preferredOutputLocation = Object.fromEntries(
          keepOnDevice.map((name) => [name, 'gpu-buffer' as const]),
        );
        // A graph that needs the CPU for some of its nodes is a mistake of ours; better said than slow.
        options.extra = { session: { disable_cpu_ep_fallback: '1' } };
      } else {
        options.executionProviders = ['wasm'];
      }
      try {
        const session = await ort.InferenceSession.create(modelBytes, options);
        started = true;
        return session as unknown as InferenceSession;
      } catch (error) {
        throw started ? error : await runtimeFault(on.provider, error as Error);
      }
    },
  };
}
