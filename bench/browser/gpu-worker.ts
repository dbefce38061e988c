// A worker that times a model's graphs on a real GPU again and again, with everything on the device and, where asked, the
// patches and image graphs captured and replayed. It makes its own sessions, since the app's runtime neither
// captures nor profiles.

import type { InferenceSession, Tensor } from 'onnxruntime-common';
import script from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import * as ort from 'onnxruntime-web/webgpu';
import { MANIFEST_FILE, parseManifest } from '../../src/grounding/bundle.ts';
import { patchInputs } from '../../src/grounding/graph-outputs.ts';
import type { StartedGraph } from '../../src/grounding/ground.ts';
import { graphFiles } from '../../src/grounding/session.ts';
import { NAMES } from '../../src/hivg/graphs.ts';
import { type Gpu, openGpu } from '../../workers/web-runtime.ts';
import type { GraphInput } from './graph-inputs.ts';
import { inputsOf, placeInputs } from './graph-inputs.ts';
import type { GpuOpenRequest, GpuReply } from './messages.ts';

type Timed = () => Promise<Required<Pick<GpuReply, 'text' | 'patches' | 'image' | 'readBack'>>>;

const found = openGpu();
let timed: Timed | null = null;

async function open(request: GpuOpenRequest, { device }: Gpu): Promise<Timed> {
  const { bundleUrl, precision, activation, capture } = request;
  ort.env.wasm.wasmPaths = {
    wasm: new URL(wasm, import.meta.url).href,
    mjs: new URL(script, import.meta.url).href,
  };
  const manifest = parseManifest(await (await fetch(new URL(MANIFEST_FILE, bundleUrl))).json());
  const places = placeInputs(manifest.architecture);
  const kept = places.find(({ name }) => name === NAMES.kept)?.data.length ?? 0;
  const bytes = async (path: string) =>
    new Uint8Array(await (await fetch(new URL(path, bundleUrl))).arrayBuffer());
  const session = async (graph: StartedGraph, captured: boolean) => {
    const { model, weights } = graphFiles(manifest, precision, activation, graph);
    const externalData = await Promise.all(
      weights.map(async (path) => ({ path: path.split('/').at(-1) as string, data: await bytes(path) })),
    );
    return ort.InferenceSession.create(await bytes(model), {
      executionProviders: [{ name: 'webgpu', device } as InferenceSession.WebGpuExecutionProviderOption],
      preferredOutputLocation: 'gpu-buffer',
      enableGraphCapture: captured,
      freeDimensionOverrides: { kept },
      externalData,
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
  };
  const text = await session('text', false);
  const patches = await session('patches', capture);
  const image = await session('image', capture);
  const words = onDevice(device, inputsOf('text', manifest.architecture));
  const pixels = onDevice(device, inputsOf('patches', manifest.architecture));
  const memory = await text.run(words);
  // The image graph always reads the first ones: what it reads makes no difference to its time.
  const seen = await patches.run(pixels);
  const entering = patchInputs(manifest.architecture).map((name) => [name, seen[name] as Tensor] as const);
  const feeds = { ...memory, ...Object.fromEntries(entering), ...onDevice(device, places) };
  const read = [NAMES.box, NAMES.logit, NAMES.regAttention];
  return async () => {
    const start = performance.now();
    const spoken = await text.run(words);
    await device.queue.onSubmittedWorkDone();
    const textEnd = performance.now();
    const looked = await patches.run(pixels);
    await device.queue.onSubmittedWorkDone();
    const patchesEnd = performance.now();
    const outputs = await image.run(feeds);
    await device.queue.onSubmittedWorkDone();
    const imageEnd = performance.now();
    for (const name of read) await (outputs[name] as Tensor).getData();
    const readEnd = performance.now();
    for (const tensor of [spoken, looked, outputs].flatMap((each) => Object.values(each))) tensor.dispose();
    return {
      text: textEnd - start,
      patches: patchesEnd - textEnd,
      image: imageEnd - patchesEnd,
      readBack: readEnd - imageEnd,
    };
  };
}

/** Inputs in buffers of the device, as capturing wants them. */
function onDevice(device: GPUDevice, inputs: readonly GraphInput[]): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, type, shape, data }) => {
      const size = Math.ceil(data.byteLength / 16) * 16;
      const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
      const buffer = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
      device.queue.writeBuffer(buffer, 0, data);
      return [name, ort.Tensor.fromGpuBuffer(buffer, { dataType: type, dims: shape }) as unknown as Tensor];
    }),
  );
}

self.onmessage = async ({ data }: MessageEvent<{ id: number; open?: GpuOpenRequest }>) => {
  try {
    const gpu = await found;
    if (typeof gpu === 'string' || gpu.software) {
      self.postMessage({ id: data.id, reply: { gpu: null } satisfies GpuReply });
      return;
    }
    const { name, float16 } = gpu;
    if (data.open) timed = await open(data.open, gpu);
    const reply: GpuReply = { gpu: { name, float16 }, ...(await timed?.()) };
    self.postMessage({ id: data.id, reply });
  } catch (error) {
    self.postMessage({ id: data.id, error: String((error as Error).message ?? error) });
  }
};
