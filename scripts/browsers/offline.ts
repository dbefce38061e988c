// `npm run test:browsers`: the built page in each browser that is installed, from a host without headers in a subfolder:
// a first visit, then the host stopped, a reload, a new tab, the browser's restart. Then, from a host that sends the
// headers and compresses, a newer version. Prints a table; docs/browsers.md says what came of it. Not part of `npm test`,
// which wants a Chromium alone.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { PlainHost } from '../../e2e/plain-host.ts';
import { writeServiceWorker } from '../precache.ts';
import { ROOT } from '../programs.mjs';
import { chromium } from './chromium.ts';
import type { Browser, Engine, Tab } from './engine.ts';
import { firefox } from './firefox.ts';
import { webkit } from './webkit.ts';

const TRACTOR = '?sample=farm.webp&q=the+tractor';
const PATIENCE_MS = 120_000;

/** What was tried and what came of it, in words; `true` is "yes". */
type Results = Record<string, string>;

/** Waits until an expression is true in the page; it may be between two documents meanwhile. */
async function until(tab: Tab, expression: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    if ((await tab.evaluate(expression).catch(() => false)) === true) return;
    if (Date.now() > end) {
      const seen = await tab.evaluate('document.body.innerText.slice(0, 300)').catch(() => 'no page');
      throw new Error(`it did not come; the page says: ${String(seen).replace(/\s+/g, ' ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const grounded = (tab: Tab) => until(tab, `document.querySelector('[data-testid=box]') !== null`);
const readyOffline = (tab: Tab) =>
  until(tab, `document.querySelector('[data-testid=offline-ready]') !== null`);

/** A browser that neither answers nor fails must not keep the others from being tried. */
async function overdue(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, 1.5 * PATIENCE_MS).unref());
  throw new Error('nothing came of it');
}

async function attempt(results: Results, name: string, act: () => Promise<unknown>): Promise<boolean> {
  try {
    const found = await Promise.race([act(), overdue()]);
    results[name] = found === undefined ? 'yes' : String(found);
    return true;
  } catch (error) {
    results[name] = `no: ${(error as Error).message}`;
    return false;
  } finally {
    console.error(`  ${name}: ${results[name]}`);
  }
}

async function tryEngine(engine: Engine, program: string, folder: string): Promise<Results> {
  const profile = mkdtempSync(join(tmpdir(), 'hivg-browser-'));
  const host = await new PlainHost(folder, { under: '/some/folder/' }).start();
  const results: Results = {};
  let browser: Browser = await engine.start(program, profile);
  console.error(`${engine.name} ${browser.version}`);
  results.version = browser.version;
  try {
    const tab = await browser.newTab();
    await attempt(results, 'grounds', async () => {
      await tab.open(host.url + TRACTOR);
      await grounded(tab);
    });
    await attempt(results, 'runs on', () =>
      tab.evaluate(`document.querySelector('.status-chip').innerText.replace(/\\s+/g, ' ')`),
    );
    await attempt(results, 'isolated without headers', () => tab.evaluate('String(crossOriginIsolated)'));
    await attempt(results, 'documents of the first visit', async () => tab.documents);
    await attempt(results, 'ready offline', () => readyOffline(tab));
    await host.stop();
    await attempt(results, 'offline: reload', async () => {
      await tab.reload();
      await grounded(tab);
    });
    await attempt(results, 'offline: new tab', async () => {
      const other = await browser.newTab();
      await other.open(host.url + TRACTOR);
      await grounded(other);
    });
    await attempt(results, 'offline: after a restart', async () => {
      await browser.close();
      browser = await engine.start(program, profile);
      const after = await browser.newTab();
      await after.open(host.url + TRACTOR);
      await grounded(after);
      await readyOffline(after);
    });
  } finally {
    await Promise.race([browser.close(), overdue()]).catch(() => undefined);
    await host.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  return results;
}

/** A newer version of the page, which differs by its title, from a host with headers; it goes into the same results. */
async function tryUpdate(engine: Engine, program: string, built: string, results: Results): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'hivg-update-'));
  const folder = join(place, 'page');
  cpSync(built, folder, { recursive: true });
  const host = await new PlainHost(folder, { isolates: true, compresses: true }).start();
  const browser = await engine.start(program, join(place, 'profile'));
  const isNewer = `document.title.startsWith('Newer: ')`;
  try {
    const tab = await browser.newTab();
    const stays = async () => {
      await grounded(tab);
      if (await tab.evaluate(isNewer)) throw new Error('the newer version took over unasked');
    };
    await attempt(results, 'documents of the first visit, host with headers', async () => {
      await tab.open(host.url + TRACTOR);
      await grounded(tab);
      await readyOffline(tab);
      return tab.documents;
    });
    const html = join(folder, 'index.html');
    writeFileSync(html, readFileSync(html, 'utf8').replace('<title>', '<title>Newer: '));
    writeServiceWorker(folder);
    await attempt(results, 'a newer version is offered', async () => {
      await tab.reload();
      await until(tab, `document.querySelector('[data-testid=update-ready]') !== null`);
      await stays();
    });
    await host.stop();
    await attempt(results, 'offline: a reload does not take it', async () => {
      await tab.reload();
      await stays();
    });
    await attempt(results, 'offline: taken when asked', async () => {
      await until(tab, `document.querySelector('[data-testid=update-ready] button') !== null`);
      await tab.evaluate(`document.querySelector('[data-testid=update-ready] button').click()`);
      await until(tab, isNewer);
      await grounded(tab);
      await readyOffline(tab);
    });
  } finally {
    await browser.close().catch(() => undefined);
    await host.stop();
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

const wanted = process.argv.slice(2).map((name) => name.toLowerCase());
const folder = mkdtempSync(join(tmpdir(), 'hivg-built-'));
await build({ root: ROOT, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
const all: Record<string, Results> = {};
for (const engine of [chromium, firefox, webkit]) {
  if (wanted.length > 0 && !wanted.includes(engine.name.toLowerCase())) continue;
  const program = engine.find();
  if (!program) {
    console.error(`${engine.name} is not here: ${engine.install}`);
    continue;
  }
  const results = await tryEngine(engine, program, folder);
  all[engine.name] = results;
  await tryUpdate(engine, program, folder, results);
}
rmSync(folder, { recursive: true, force: true });

const rows = [...new Set(Object.values(all).flatMap(Object.keys))];
const names = Object.keys(all);
console.log(`| | ${names.join(' | ')} |\n|---|${names.map(() => '---|').join('')}`);
for (const row of rows)
  console.log(`| ${row} | ${names.map((name) => all[name]?.[row] ?? '').join(' | ')} |`);
process.exitCode = Object.values(all).some((results) =>
  Object.values(results).some((words) => words.startsWith('no: ')),
)
  ? 1
  : 0;
