// How smoothly the page works: the main thread's time for each change of the display, tasks of more than 50 ms while one
// grounds, writes and looks around, and whether anything that only concerns the display asks the worker for a run. The
// built page in a real Chromium, with the bundled model; the display also with readings of the base network's size,
// which a fake worker hands out. Prints a table and writes bench/smoothness.json; fails where a display change runs
// the network. Times depend on the machine and what else it does, so that they are told and not judged.
// A folder with another build of the page may be named as an argument.

import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { type BrowserContext, chromium, type Page } from 'playwright';
import { preview } from 'vite';
import { installFakeWorker } from '../e2e/fake-worker/install.ts';
import { launchOptions } from '../scripts/chromium.mjs';

const PICTURE = 'public/samples/farm.webp';
const CHANGES = 24;
const LONG_MS = 50;
const FRAME_MS = 1000 / 60;
const WAIT_MS = 240_000;

/** What the page collects about itself; see `OBSERVER`. */
interface Observed {
  readonly work: number[];
  readonly latency: number[];
  readonly long: number[];
  readonly posted: string[];
}

interface Row {
  readonly network: string;
  readonly what: string;
  readonly changes: number;
  /** Milliseconds of the main thread for a change: its handlers, and the frame that draws it. */
  readonly workMedian: number | null;
  readonly work95: number | null;
  readonly workMost: number | null;
  /** From the key to the end of the frame, waiting for the screen included. */
  readonly latencyMedian: number | null;
  /** Tasks over 50 ms, by length. */
  readonly longTasks: readonly number[];
  /** Requests to the worker. */
  readonly requests: readonly string[];
}

/** Runs in the page before its own scripts, and fills `window.observed`. */
const OBSERVER = { path: 'e2e/observe-page.js' };

async function take(page: Page): Promise<Observed> {
  // The observer of long tasks is told of them a little later.
  await page.waitForTimeout(150);
  return page.evaluate<Observed>('takeObserved()');
}

const at = (sorted: readonly number[], part: number): number | null =>
  sorted.length === 0
    ? null
    : (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number);

const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 10) / 10;

function rowOf(network: string, what: string, { work, latency, long, posted }: Observed): Row {
  const sorted = work.toSorted((a, b) => a - b);
  return {
    network,
    what,
    changes: work.length,
    workMedian: rounded(at(sorted, 0.5)),
    work95: rounded(at(sorted, 0.95)),
    workMost: rounded(sorted.at(-1) ?? null),
    latencyMedian: rounded(
      at(
        latency.toSorted((a, b) => a - b),
        0.5,
      ),
    ),
    longTasks: long.map(Math.round),
    requests: posted,
  };
}

async function ask(page: Page, expression: string): Promise<void> {
  await page.getByLabel('What to find').fill(expression);
  await page.keyboard.press('Enter');
  await page
    .locator(`[data-testid=box][data-expression=${JSON.stringify(expression)}]`)
    .waitFor({ state: 'attached', timeout: WAIT_MS });
  // What is read after the box.
  await page.waitForTimeout(600);
}

async function start(context: BrowserContext, address: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${address}?provider=wasm&threads=1`, { timeout: WAIT_MS });
  await page.locator('.status-chip[data-phase=ready]').waitFor({ timeout: WAIT_MS });
  await page.setInputFiles('input[type=file]', PICTURE);
  return page;
}

/** Each kind of change by its key or its slider, up and down again. */
async function displayRows(page: Page, network: string): Promise<Row[]> {
  const rows: Row[] = [];
  const press = async (what: string, keys: readonly string[]): Promise<void> => {
    await take(page);
    for (let i = 0; i < CHANGES; i++) {
      await page.keyboard.press(keys[i % keys.length] as string);
      await page.waitForTimeout(40);
    }
    rows.push(rowOf(network, what, await take(page)));
  };
  const stage = page.locator('.image-stage').first();
  await stage.focus();
  await press('layer', ['Shift+L', 'l']);
  await press('head', ['n', 'n', 'n', 'Shift+N', 'Shift+N', 'Shift+N']);
  await press('colour map', ['m']);
  await press('opacity', ['[', ']']);
  await press('smooth or patches', ['s']);
  await page.getByLabel('Threshold').focus();
  await press('threshold', ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft']);
  await stage.focus();
  await press('heat map on and off', ['h']);
  await press('zoom', ['+', '+', '-', '-']);
  await press('compare side by side', ['b']);
  await press('atlas', ['a', 'Escape']);
  return rows;
}

/** Grounding and writing, with the real model. */
async function workingRows(page: Page): Promise<Row[]> {
  const rows: Row[] = [];
  const network = 'mini, int8';
  await take(page);
  for (const expression of ['the cow', 'the pig', 'the large dog', 'the small dog on the right']) {
    await ask(page, expression);
  }
  rows.push(rowOf(network, 'grounding', { ...(await take(page)), work: [], latency: [] }));
  const prompt = page.getByLabel('What to find');
  await prompt.fill('');
  await take(page);
  await prompt.pressSequentially('the cow beside the dog', { delay: 90 });
  await page.waitForTimeout(1500);
  rows.push(rowOf(network, 'writing', await take(page)));
  return rows;
}

function print(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.network,
    row.what,
    String(row.changes || ''),
    ...[row.workMedian, row.work95, row.workMost, row.latencyMedian].map((value) => value?.toFixed(1) ?? ''),
    row.longTasks.length === 0 ? '0' : `${row.longTasks.length} (≤ ${Math.max(...row.longTasks)} ms)`,
    String(row.requests.length),
  ]);
  const head = [
    'network',
    'change',
    'n',
    'work p50',
    'p95',
    'most',
    'latency p50',
    'tasks > 50 ms',
    'requests',
  ];
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)));
  for (const row of [head, ...cells]) {
    console.log(
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    );
  }
}

const server = await preview({
  build: { outDir: process.argv[2] ?? 'dist' },
  preview: { host: '127.0.0.1', port: 0 },
  logLevel: 'error',
});
const address = server.resolvedUrls?.local[0] ?? server.resolvedUrls?.network[0];
if (!address) throw new Error('The preview server has no address.');
const browser = await chromium.launch(launchOptions());
try {
  const rows: Row[] = [];
  const options = { viewport: { width: 1440, height: 900 } };

  const real = await browser.newContext(options);
  await real.addInitScript(OBSERVER);
  const page = await start(real, address);
  await ask(page, 'the tractor');
  rows.push(...(await displayRows(page, 'mini, int8')), ...(await workingRows(page)));
  await real.close();

  const fake = await browser.newContext(options);
  await installFakeWorker(fake);
  await fake.addInitScript(OBSERVER);
  const base = await start(fake, address);
  await ask(base, 'the tractor');
  rows.push(...(await displayRows(base, 'base size')));
  await fake.close();

  print(rows);
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    // How busy it was with other things; more than its cores, and the times are long for that reason.
    load: rounded(loadavg()[0] ?? 0),
    browser: browser.version(),
  };
  console.log(`\n${machine.cores} cores, load ${machine.load}; a frame is ${FRAME_MS.toFixed(1)} ms`);
  await writeFile(
    'bench/smoothness.json',
    `${JSON.stringify({ longTaskMs: LONG_MS, frameMs: FRAME_MS, machine, rows }, null, 2)}\n`,
  );
  const asking = rows.filter(
    ({ what, requests }) => !['grounding', 'writing'].includes(what) && requests.length > 0,
  );
  if (asking.length > 0) {
    console.error(
      `The network ran for: ${asking.map(({ what, requests }) => `${what} (${requests})`).join('; ')}`,
    );
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  await server.close();
}
