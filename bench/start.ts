// From navigation to the first box in two built pages, in turn: `npm run bench:start -- BUILT BUILT`. Cold is an empty
// browser profile, warm another process over the same one, as on the next day. Prints each one's median and their ratio.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright';
import { PlainHost } from '../e2e/plain-host.ts';
import { launchOptions } from '../scripts/chromium.mjs';
import { spread } from './measure.ts';

const ROUNDS = 7;
const QUESTION = '?provider=wasm&sample=farm.webp&q=the+tractor';
const KINDS = ['cold', 'warm'] as const;

async function startedIn(profile: string, url: string): Promise<number> {
  const context = await chromium.launchPersistentContext(profile, launchOptions());
  try {
    const page = await context.newPage();
    await page.goto(url + QUESTION, { waitUntil: 'commit' });
    const box = page.locator('[data-testid=box]');
    await box.waitFor({ state: 'attached', timeout: 120_000 });
    const ms = await page.evaluate<number>('performance.now()');
    // What a visitor's browser goes on to store is there on the next day.
    await page.waitForTimeout(6000);
    return ms;
  } finally {
    await context.close();
  }
}

const folders = process.argv.slice(2).map((folder) => resolve(folder));
if (folders.length !== 2 || !folders.every((folder) => existsSync(join(folder, 'index.html')))) {
  console.error('Usage: npm run bench:start -- BUILT BUILT, two folders that `npm run build` made');
  process.exit(1);
}
const times = folders.map(() => ({ cold: [] as number[], warm: [] as number[] }));
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, folder] of folders.entries()) {
    const host = await new PlainHost(folder, { isolates: true }).start();
    const profile = mkdtempSync(join(tmpdir(), 'hivg-start-'));
    for (const kind of KINDS) times[i]?.[kind].push(await startedIn(profile, host.url));
    rmSync(profile, { recursive: true, force: true });
    await host.stop();
  }
}
for (const kind of KINDS) {
  const [first, second] = times.map((each) => spread(each[kind]).median) as [number, number];
  console.log(
    `${kind}: ${first.toFixed(0)} ms and ${second.toFixed(0)} ms, the second ${(second / first).toFixed(2)} of the first`,
  );
}
