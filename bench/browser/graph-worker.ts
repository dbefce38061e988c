// A worker that opens one graph of a bundle through the app's own runtime (workers/web-runtime.ts) and times its runs.
// It knows no tokenizer and no image: a graph's time does not depend on the numbers in its inputs.

import type { InferenceSession } from 'onnxruntime-common';
import type { BundleReader, Manifest } from '../../src/grounding/bundle.ts';
import { MANIFEST_FILE, parseManifest } from '../../src/grounding/bundle.ts';
import type { StartedGraph } from '../../src/grounding/ground.ts';
import type { Runtime } from '../../src/grounding/session.ts';
import { graphFiles } from '../../src/grounding/session.ts';
import type { Precision } from '../../src/hivg/precision.ts';
import { webRuntime } from '../../workers/web-runtime.ts';
import { inputsOf } from './graph-inputs.ts';
import type { ExportRequest, OpenRequest, RunReply } from './messages.ts';

type Run = () => Promise<number>;

interface Opened {
  readonly text: Run | null;
  readonly patches: Run | null;
  readonly image: Run;
}

const readerOf = (url: string): BundleReader => ({
  read: async (path) => new Uint8Array(await (await fetch(new URL(path, url))).arrayBuffer()),
});

const manifestOf = async (bundleUrl: string) =>
  parseManifest(await (await fetch(new URL(MANIFEST_FILE, bundleUrl))).json());

/** A network written as one graph: its whole time counts as the image graph's. */
async function openExport(request: ExportRequest): Promise<Opened> {
  const { url, files, inputs, threads, bundleUrl } = request;
  const [model = '', ...weights] = files.map(({ path }) => path);
  const manifest = { ...(await manifestOf(bundleUrl)), files: [...files] };
  const runtime = await webRuntime(readerOf(url), manifest, { provider: 'wasm', threads });
  const opened = await runtime.createSession({ model, weights }, []);
  const feeds = Object.fromEntries(
    inputs.map(({ name, dtype, shape, fill }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const value = (i: number) => (typeof fill === 'string' ? Math.sin(12.9898 * i) : (fill[i] ?? 0));
      const values = Array.from({ length: count }, (_, i) => value(i));
      const data =
        dtype === 'float32'
          ? Float32Array.from(values)
          : dtype === 'bool'
            ? Uint8Array.from(values)
            : BigInt64Array.from(values, BigInt);
      return [name, new runtime.Tensor(dtype, data as never, [...shape])];
    }),
  );
  return { text: null, patches: null, image: timed(opened, feeds) };
}

async function open({ bundleUrl, precision, threads }: OpenRequest): Promise<Opened> {
  const reader = readerOf(bundleUrl);
  const manifest = await manifestOf(bundleUrl);
  const runtime = await webRuntime(reader, manifest, { provider: 'wasm', threads });
  const patches = await session(runtime, manifest, precision, 'patches');
  const image = await session(runtime, manifest, precision, 'image');
  // The embedding table of q4 and q8 has no wasm kernel; their image graph runs all the same.
  const hasText = precision !== 'q4' && precision !== 'q8';
  return { text: hasText ? await session(runtime, manifest, precision, 'text') : null, patches, image };
}

async function session(
  runtime: Runtime,
  manifest: Manifest,
  precision: Precision,
  graph: StartedGraph,
): Promise<Run> {
  const opened = await runtime.createSession(graphFiles(manifest, precision, 'float32', graph), []);
  const feeds = Object.fromEntries(
    inputsOf(graph, manifest.architecture).map(({ name, type, data, shape }) => [
      name,
      new runtime.Tensor(type, data as never, shape),
    ]),
  );
  return timed(opened, feeds);
}

function timed(opened: InferenceSession, feeds: InferenceSession.FeedsType): Run {
  return async () => {
    const start = performance.now();
    await opened.run(feeds);
    return performance.now() - start;
  };
}

let opened: Opened | null = null;

self.onmessage = async ({
  data,
}: MessageEvent<{ id: number; open?: OpenRequest; openExport?: ExportRequest }>) => {
  try {
    if (data.open) opened = await open(data.open);
    if (data.openExport) opened = await openExport(data.openExport);
    const reply: RunReply | undefined = opened
      ? {
          text: (await opened.text?.()) ?? null,
          patches: (await opened.patches?.()) ?? 0,
          image: await opened.image(),
        }
      : undefined;
    self.postMessage({ id: data.id, reply });
  } catch (error) {
    self.postMessage({ id: data.id, error: String((error as Error).message ?? error) });
  }
};
