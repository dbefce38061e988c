// Base on a real GPU: in a headless browser, with everything on the device, captured and not; and on Node's WebGPU
// provider, from whose profile come the kernels by time. Where there is no GPU, nothing is measured: one that the
// processor imitates would say nothing about a real one.

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Page } from 'playwright';
import { chromium } from 'playwright';
import { readManifest } from '../../cli/folder-bundle.ts';
import { findChromium } from '../../scripts/chromium.mjs';
import { graphFiles } from '../../src/grounding/session.ts';
import type { Activation, Precision } from '../../src/hivg/precision.ts';
import { bundle, CACHE } from '../artefacts.ts';
import { builtWorker, startWorker } from '../browser/chromium.ts';
import { inputsOf } from '../browser/graph-inputs.ts';
import type { GpuOpenRequest, GpuReply } from '../browser/messages.ts';
import type { StaticServer } from '../browser/server.ts';
import { serve } from '../browser/server.ts';
import { spread } from '../measure.ts';
import type { Row, Table } from '../results.ts';
import { versionOf } from '../results.ts';

const NO_GPU = 'no GPU here';

const FORMS: readonly (readonly [Precision, Activation])[] = [
  ['q4', 'float16'],
  ['q4', 'float32'],
  ['q8', 'float16'],
  ['fp16', 'float16'],
];
const RUNS = 60;
/** Uncounted, while shaders compile and clocks rise. */
const WARM_UP = 10;
/** Kernels that are named. */
const KERNELS = 20;

/** WebGPU on Vulkan without a window. */
function gpuLaunchOptions() {
  const args = [
    '--enable-unsafe-webgpu',
    '--enable-features=Vulkan',
    '--use-angle=vulkan',
    '--ignore-gpu-blocklist',
  ];
  if (process.getuid?.() === 0) args.push('--no-sandbox', '--disable-dev-shm-usage');
  const found = findChromium();
  return { args, ...(found ? { executablePath: found.path } : {}) };
}

export async function webgpu(): Promise<string | { tables: Table[]; versions: Record<string, string> }> {
  const nodes = ['/dev/nvidia0', '/dev/dri/renderD128', '/dev/dxg'];
  if (process.platform === 'linux' && !nodes.some((path) => existsSync(path))) return NO_GPU;
  const server = await serve({ '': await builtWorker('gpu-worker'), bundles: CACHE });
  const browser = await chromium.launch(gpuLaunchOptions());
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    const worker = await startWorker(page);
    const { gpu } = await worker.ask<GpuReply>({});
    await worker.end();
    if (!gpu) return NO_GPU;
    const forms = FORMS.filter(([, activation]) => activation === 'float32' || gpu.float16);
    for (const [precision] of forms) await bundle('base', precision);
    const rows: Row[] = [];
    for (const [precision, activation] of forms) {
      for (const capture of [false, true])
        rows.push(await inBrowser(page, server, { precision, activation, capture }));
    }
    const tables = [{ title: `base on ${gpu.name}, browser, image graph`, rows }, await kernels()];
    return {
      tables,
      versions: { 'onnxruntime-web': versionOf('onnxruntime-web'), Chromium: browser.version() },
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function inBrowser(
  page: Page,
  server: StaticServer,
  form: Omit<GpuOpenRequest, 'bundleUrl'>,
): Promise<Row> {
  const { precision, activation, capture } = form;
  const name = `${precision}, ${activation}${capture ? ', captured' : ''}`;
  const worker = await startWorker(page);
  try {
    const open: GpuOpenRequest = { ...form, bundleUrl: `${server.url}bundles/base-${precision}/` };
    await worker.ask({ open });
    const replies: GpuReply[] = [];
    for (let i = 0; i < WARM_UP + RUNS; i++) replies.push(await worker.ask<GpuReply>({}));
    const over = (of: (reply: GpuReply) => number | undefined) =>
      spread(replies.slice(WARM_UP).map((reply) => of(reply) ?? 0));
    const image = over((reply) => reply.image);
    const patches = over((reply) => reply.patches).median;
    const readBack = over((reply) => reply.readBack).median;
    return {
      name,
      ms: image,
      values: {
        'text graph, ms': over((reply) => reply.text).median,
        'patches graph, ms': patches,
        'reading back, ms': readBack,
        'frames a second': 1000 / (patches + image.median + readBack),
      },
    };
  } catch (error) {
    return { name, note: `does not run: ${(error as Error).message.split('\n')[0]}` };
  } finally {
    await worker.end();
  }
}

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
}

/** Kernels of the q4 image graph on Node's provider by the device's own clock. */
async function kernels(): Promise<Table> {
  const title = 'base q4 in float32, Node, kernels of the image graph';
  const folder = await bundle('base', 'q4');
  const manifest = await readManifest(folder);
  const { model } = graphFiles(manifest, 'q4', 'float32', 'image');
  const prefix = `profile-gpu-${process.pid}`;
  const config = manifest.architecture;
  const feeds = Object.fromEntries(
    inputsOf('image', config).map(({ name, type, data, shape }) => [
      name,
      new Tensor(type, data as never, shape),
    ]),
  );
  try {
    const session = await InferenceSession.create(join(folder, model), {
      executionProviders: ['webgpu'],
      enableProfiling: true,
      profileFilePrefix: join(CACHE, prefix),
    });
    for (let i = 0; i < WARM_UP + RUNS; i++) await session.run(feeds);
    session.endProfiling();
    await session.release();
  } catch (error) {
    return {
      title,
      rows: [{ name: 'Node', note: `does not run: ${(error as Error).message.split('\n')[0]}` }],
    };
  }
  const file = readdirSync(CACHE).find((name) => name.startsWith(`${prefix}_`)) ?? '';
  const events = JSON.parse(readFileSync(join(CACHE, file), 'utf8')) as TraceEvent[];
  rmSync(join(CACHE, file));
  // Entries of the provider itself are the kernels on the device; those of category Node are their submission.
  const byKernel = new Map<string, { count: number; us: number }>();
  for (const { name, dur } of events.filter((event) => event.cat === 'Api' || event.cat === 'Kernel')) {
    const key = `${name.split('&').at(-1)}`;
    const known = byKernel.get(key) ?? { count: 0, us: 0 };
    byKernel.set(key, { count: known.count + 1, us: known.us + dur });
  }
  const runs = WARM_UP + RUNS;
  const rows = [...byKernel]
    .toSorted(([, a], [, b]) => b.us - a.us)
    .slice(0, KERNELS)
    .map(
      ([name, { count, us }]): Row => ({
        name,
        values: { 'times a run': count / runs, 'ms a run': us / 1000 / runs },
      }),
    );
  return { title, rows };
}
