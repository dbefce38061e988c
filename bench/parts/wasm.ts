// The graphs in Chromium's WebAssembly, through the app's own runtime: precisions in turn, with one thread and with two.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { chromium } from 'playwright';
import { launchOptions } from '../../scripts/chromium.mjs';
import type { Precision } from '../../src/hivg/precision.ts';
import type { Size } from '../artefacts.ts';
import { bundle, CACHE, exported } from '../artefacts.ts';
import type { PageWorker } from '../browser/chromium.ts';
import { builtWorker, startWorker } from '../browser/chromium.ts';
import type { ExportRequest, OpenRequest, RunReply } from '../browser/messages.ts';
import type { StaticServer } from '../browser/server.ts';
import { serve } from '../browser/server.ts';
import { inTurn, ratios, spread } from '../measure.ts';
import { QUICK } from '../quick.ts';
import type { Row, Table } from '../results.ts';
import { versionOf } from '../results.ts';

const SIZES: readonly Size[] = QUICK ? ['mini'] : ['mini', 'base'];
const PRECISIONS: readonly Precision[] = ['fp32', 'int8', 'q4'];
/** Most that int8 may take of the export's time. */
const TARGET = 0.5;
const EXPORT = 'export';

export async function wasm(): Promise<{ tables: Table[]; versions: Record<string, string> }> {
  for (const size of SIZES) for (const each of PRECISIONS) await bundle(size, each);
  const server = await serve({ '': await builtWorker('graph-worker'), bundles: CACHE });
  const browser = await chromium.launch(launchOptions());
  const tables: Table[] = [];
  try {
    for (const size of SIZES) {
      for (const threads of [1, 2])
        tables.push(await measured(await browser.newPage(), server, size, threads));
    }
    return {
      tables,
      versions: { 'onnxruntime-web': versionOf('onnxruntime-web'), Chromium: browser.version() },
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function measured(page: Page, server: StaticServer, size: Size, threads: number): Promise<Table> {
  await page.goto(server.url);
  const workers = new Map<string, PageWorker>();
  const failed: Row[] = [];
  if (size === 'base') {
    const { description } = await exported();
    const openExport: ExportRequest = {
      url: `${server.url}bundles/export-${size}/`,
      files: ['model.onnx', 'model.onnx.data'].map((path) => {
        const content = readFileSync(join(CACHE, `export-${size}`, path));
        const sha256 = createHash('sha256').update(content).digest('hex');
        return { path, bytes: content.length, sha256 };
      }),
      inputs: description.inputs as ExportRequest['inputs'],
      threads,
      bundleUrl: `${server.url}bundles/${size}-fp32/`,
    };
    const worker = await startWorker(page);
    await worker.ask({ openExport });
    workers.set(EXPORT, worker);
  }
  for (const precision of PRECISIONS) {
    const worker = await startWorker(page);
    const open: OpenRequest = { bundleUrl: `${server.url}bundles/${size}-${precision}/`, precision, threads };
    try {
      await worker.ask({ open });
      workers.set(precision, worker);
    } catch (error) {
      await worker.end();
      failed.push({ name: precision, note: `does not run: ${(error as Error).message.split('\n')[0]}` });
    }
  }
  const texts = new Map<string, number[]>();
  const wholes = await inTurn(
    [...workers].map(([precision, worker]) => ({
      name: precision,
      run: async () => {
        const { text, patches, image } = await worker.ask<RunReply>({});
        if (text !== null) texts.set(precision, [...(texts.get(precision) ?? []), text]);
        return patches + image + (text ?? 0);
      },
    })),
    size === 'mini' ? { rounds: 30, seconds: 20 } : { rounds: 12, seconds: 60 },
  );
  await page.close();
  const to = size === 'base' ? EXPORT : 'fp32';
  const reference = wholes.get(to) ?? [];
  const rows = [...wholes].map(([name, values]): Row => {
    const text = texts.get(name);
    return {
      name,
      ms: spread(values),
      ...(reference.length > 0 ? { ratio: { to, ...ratios(values, reference) } } : {}),
      ...(name === 'int8' && size === 'base' ? { target: TARGET } : {}),
      values: {
        'of it text graph, ms': text ? spread(text).median : name === EXPORT ? '' : 'left out: no kernel',
      },
    };
  });
  const words = threads === 1 ? 'one thread' : `${threads} threads`;
  return { title: `${size}, text, patches and image graph, ${words}`, rows: [...rows, ...failed] };
}
