// Loading a model: manifest, choice of provider and precision, sessions, a first run that is checked against the answer
// stored in the bundle. Never falls back silently: what was chosen, and why, goes to the page in words.

import type { BundleReader, Manifest } from '../src/grounding/bundle.ts';
import { openTokenizer } from '../src/grounding/bundle-tokenizer.ts';
import { Grounder, STARTED } from '../src/grounding/ground.ts';
import { selfCheck } from '../src/grounding/probe.ts';
import { PROVIDERS, type Precision } from '../src/grounding/providers.ts';
import type { Runtime } from '../src/grounding/session.ts';
import { choosePrecision, usablePrecisions } from '../src/grounding/session.ts';
import type { Tokenizer } from '../src/grounding/tokenizer.ts';
import type { DownloadSurroundings } from './bundle-download.ts';
import { BundleDownload } from './bundle-download.ts';
import { CancelledError, WorkerError } from './errors.ts';
import type { Model, ReportProgress } from './grounding-service.ts';
import type { LoadedModel, LoadModelRequest } from './protocol.ts';
import type { Gpu } from './web-runtime.ts';

/** A provider with what it computes on. */
export type RunsOn =
  | { readonly provider: 'webgpu'; readonly gpu: Gpu }
  | { readonly provider: 'wasm'; readonly threads: number };

type Chosen = RunsOn & { readonly reason: string };

/** What loading a model takes from where it runs. */
export interface ModelSurroundings extends DownloadSurroundings {
  /** A device on the GPU, or words for why there is none. */
  openGpu(): Promise<Gpu | string>;
  /** The threads that wasm gets where `wanted` are asked for. */
  threadCount(wanted: number | undefined): number;
  /** ONNX Runtime on a provider, over the files that `reader` gives. */
  openRuntime(reader: BundleReader, manifest: Manifest, on: RunsOn): Promise<Runtime>;
}

/**
 * @throws {WorkerError} `fetch-failed`, `provider-unavailable`, `session-failed`, `run-failed`
 * @throws {BundleError} what is wrong with the bundle
 * @throws {CancelledError} once `signal` has fired
 */
export async function loadModel(
  request: LoadModelRequest,
  signal: AbortSignal,
  report: ReportProgress,
  around: ModelSurroundings,
): Promise<Model> {
  let loadedBytes = 0;
  let totalBytes = 0;
  report({ phase: 'manifest', loadedBytes, totalBytes });
  const onBytes = (bytes: number, file: string) => {
    loadedBytes = Math.min(totalBytes, loadedBytes + bytes);
    report({ phase: 'download', loadedBytes, totalBytes, file });
  };
  const download = new BundleDownload(request.bundleUrl, signal, onBytes, around);
  const manifest = await download.manifest();
  let chosen = await chooseProvider(request, manifest, around);
  for (;;) {
    try {
      totalBytes = Math.max(totalBytes, bytesToLoad(manifest, request, chosen));
      const tokenizer = await openTokenizer(download, manifest);
      const grounder = await openSessions(download, manifest, request, chosen, around);
      report({ phase: 'warm-up', loadedBytes: totalBytes, totalBytes });
      await check(grounder, tokenizer);
      if (signal.aborted) {
        await grounder.release();
        throw new CancelledError();
      }
      return {
        grounder,
        tokenizer,
        gpu: chosen.provider === 'webgpu' ? chosen.gpu : null,
        described: describe(manifest, grounder, chosen, download),
      };
    } catch (error) {
      if (chosen.provider === 'webgpu') chosen.gpu.device.destroy();
      // Only where the choice was ours, and only from WebGPU to wasm, with the reason said.
      const may = request.provider === 'auto' && chosen.provider === 'webgpu' && isRuntimeFault(error);
      if (!may || signal.aborted) throw error;
      chosen = {
        provider: 'wasm',
        threads: around.threadCount(request.threads),
        reason: `WebGPU did not work here (${(error as Error).message})`,
      };
    }
  }
}

/** Faults of the runtime or the device, as against those of the bundle or the network. */
function isRuntimeFault(error: unknown): boolean {
  return error instanceof WorkerError && (error.code === 'session-failed' || error.code === 'run-failed');
}

async function chooseProvider(
  { provider, precision, threads }: LoadModelRequest,
  manifest: Manifest,
  around: ModelSurroundings,
): Promise<Chosen> {
  const wasm = (reason: string): Chosen => ({
    provider: 'wasm',
    threads: around.threadCount(threads),
    reason,
  });
  if (provider === 'wasm') return wasm('it was asked for');
  const gpu = await around.openGpu();
  if (typeof gpu === 'string') {
    if (provider === 'webgpu') {
      throw new WorkerError(
        'provider-unavailable',
        `WebGPU cannot be used: ${gpu}.`,
        'Leave the choice to the page, or use another browser.',
      );
    }
    return wasm(gpu);
  }
  if (provider === 'webgpu') return { provider, gpu, reason: 'it was asked for' };
  const usable = usablePrecisions(manifest, 'webgpu', gpu.float16);
  if (usable.length === 0 || (precision !== 'auto' && !usable.includes(precision))) {
    gpu.device.destroy();
    return wasm(
      precision === 'auto' ? 'the model has no form for WebGPU' : `${precision} does not run on WebGPU here`,
    );
  }
  if (gpu.software) {
    gpu.device.destroy();
    return wasm('WebGPU is computed in software here, which is slower');
  }
  return { provider: 'webgpu', gpu, reason: 'this browser has WebGPU' };
}

async function openSessions(
  download: BundleDownload,
  manifest: Manifest,
  request: LoadModelRequest,
  chosen: Chosen,
  around: ModelSurroundings,
): Promise<Grounder> {
  const runtime = await around.openRuntime(download, manifest, chosen);
  try {
    return await Grounder.open(manifest, runtime, request.precision);
  } catch (error) {
    if (error instanceof CancelledError || typeof (error as { code?: unknown }).code === 'string')
      throw error;
    throw new WorkerError(
      'session-failed',
      `The network could not be set up: ${(error as Error).message}`,
      'Try WebAssembly, or reload the page.',
    );
  }
}

/** The first run, where shaders compile; refuses a machine whose answer is wrong. */
async function check(grounder: Grounder, tokenizer: Tokenizer): Promise<void> {
  let off: number | null;
  try {
    off = await selfCheck(grounder, tokenizer);
  } catch (error) {
    await grounder.release();
    throw new WorkerError(
      'run-failed',
      `A first run of the network failed: ${(error as Error).message}`,
      'Reload the page.',
    );
  }
  if (off === null) return;
  await grounder.release();
  throw new WorkerError(
    'run-failed',
    `a known picture gave a box that is off by ${(off * 100).toFixed(0)} % of its side`,
    'This machine computes the network wrongly; use WebAssembly.',
  );
}

/** Everything that is read for a start: tokenizer, words, and the graphs that a grounding runs with their weights. */
function bytesToLoad(manifest: Manifest, request: LoadModelRequest, chosen: Chosen): number {
  const float16 = chosen.provider === 'webgpu' && chosen.gpu.float16;
  const { precision, activation } = choosePrecision(
    manifest,
    { provider: chosen.provider, float16 },
    request.precision,
  );
  const entry = manifest.precisions[precision];
  const graphs = entry?.graphs[activation];
  const paths = new Set([
    manifest.tokenizer,
    manifest.words,
    ...STARTED.flatMap((name) => [graphs?.[name], ...(entry?.weights[name] ?? [])]),
  ]);
  return manifest.files.reduce((sum, file) => sum + (paths.has(file.path) ? file.bytes : 0), 0);
}

/** The bundle's precisions that do not run here, with the providers that would. */
function otherPrecisions(
  manifest: Manifest,
  usable: readonly Precision[],
  { provider }: Chosen,
): NonNullable<LoadedModel['otherPrecisions']> {
  const names = Object.keys(manifest.precisions) as Precision[];
  return names
    .filter((precision) => !usable.includes(precision))
    .map((precision) => ({
      precision,
      bytes: manifest.precisions[precision]?.bytes ?? 0,
      runsOn: PROVIDERS.filter(
        (other) => other !== provider && usablePrecisions(manifest, other, true).includes(precision),
      ),
    }));
}

function describe(
  manifest: Manifest,
  grounder: Grounder,
  chosen: Chosen,
  download: BundleDownload,
): LoadedModel {
  const { side, patch, grid, text, bridgedLayers } = manifest.architecture;
  const float16 = chosen.provider === 'webgpu' && chosen.gpu.float16;
  const usable = usablePrecisions(manifest, chosen.provider, float16);
  return {
    name: manifest.name,
    ...(manifest.title === undefined ? {} : { title: manifest.title }),
    precision: grounder.precision,
    provider: chosen.provider,
    providerReason: chosen.reason,
    ...(chosen.provider === 'webgpu' ? { adapter: chosen.gpu.name } : {}),
    threads: chosen.provider === 'wasm' ? chosen.threads : 1,
    side,
    patch,
    grid,
    contextLength: text.context,
    precisions: usable.map((precision) => ({
      precision,
      bytes: manifest.precisions[precision]?.bytes ?? 0,
    })),
    otherPrecisions: otherPrecisions(manifest, usable, chosen),
    bridgedLayers,
    licence: manifest.licence,
    trainedOn: manifest.trainedOn,
    ...(manifest.pictures === undefined ? {} : { pictures: manifest.pictures }),
    downloadedBytes: download.downloadedBytes,
    fromCache: download.downloadedBytes === 0,
    scored: manifest.scored,
  };
}
