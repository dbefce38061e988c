// Without a network, with the real service worker: what a host with and without headers serves is kept, and everything
// goes on when the host is gone. On WebAssembly.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import { launchOptions } from '../scripts/chromium.mjs';
import { writeServiceWorker } from '../scripts/precache.ts';
import { answered, ask, PATIENCE } from './app.ts';
import { type HostOptions, PlainHost } from './plain-host.ts';

const TRACTOR = '?provider=wasm&sample=farm.webp&q=the+tractor';

test.use({ serviceWorkers: 'allow', actionTimeout: 30_000 });

let context: BrowserContext;
let profile: string;
let hosts: PlainHost[] = [];

const open = (): Promise<BrowserContext> =>
  chromium.launchPersistentContext(profile, { ...launchOptions(), viewport: { width: 1280, height: 800 } });

test.beforeEach(async () => {
  profile = mkdtempSync(join(tmpdir(), 'hivg-offline-'));
  context = await open();
});

test.afterEach(async () => {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
  for (const host of hosts) await host.stop();
  hosts = [];
});

async function serve(options: HostOptions, folder = resolve('dist')): Promise<PlainHost> {
  const host = await new PlainHost(folder, options).start();
  hosts.push(host);
  return host;
}

/** Counts what is loaded as the page itself. */
function countLoads(page: Page): () => number {
  let loads = 0;
  page.on('load', () => loads++);
  return () => loads;
}

const readyOffline = (page: Page) =>
  expect(page.getByTestId('offline-ready')).toBeVisible({ timeout: 120_000 });

const isolatedIn = (page: Page): Promise<boolean> => page.evaluate(() => crossOriginIsolated);

async function heard(page: Page, url: string): Promise<Page> {
  await page.goto(url);
  await answered(page, 'the tractor');
  return page;
}

for (const [name, options] of [
  ['a host without headers, in a subfolder', { under: '/some/folder/' }],
  ['a host that isolates and compresses', { isolates: true, compresses: true }],
] as const) {
  test(`${name}: after one visit everything works with the network cut`, async () => {
    const host = await serve(options);
    const page = await context.newPage();
    const loads = countLoads(page);
    await heard(page, host.url + TRACTOR);
    expect(await isolatedIn(page)).toBe(true);
    expect(loads()).toBe('isolates' in options ? 1 : 2);
    await expect(page.locator('.status-chip')).toContainText('2 threads');
    await readyOffline(page);

    await host.stop();
    // In the page that is open: what it has not needed before.
    await page.getByRole('radio', { name: 'Mask', exact: true }).check({ force: true });
    await expect(page.getByTestId('dense-time')).toBeVisible();
    await ask(page, 'the left dog');
    // The address, which brings the expression back, is written after a pause.
    await expect(page).toHaveURL(/the\+left\+dog/);

    await page.reload();
    await answered(page, 'the left dog');
    await readyOffline(page);
    expect(await isolatedIn(page)).toBe(true);
    await expect(page.locator('.status-chip')).toContainText('2 threads');

    const tab = await context.newPage();
    await tab.goto(host.url);
    await tab.getByRole('button', { name: /farm/i }).first().click();
    await ask(tab, 'the tractor');

    await context.close();
    context = await open();
    await heard(await context.newPage(), host.url + TRACTOR);
  });
}

for (const [name, program, script] of [
  ['Node', process.execPath, 'serve.mjs'],
  ['Python', 'python3', 'serve.py'],
] as const) {
  test(`the packed folder runs from a path with spaces by ${name}'s server, and then without it`, async () => {
    test.skip(spawnSync(program, ['--version']).status !== 0, `there is no ${name} here`);
    const folder = join(profile, 'a stick', 'hivg web');
    const packed = spawnSync(process.execPath, [
      'node_modules/tsx/dist/cli.mjs',
      'scripts/pack.ts',
      '--out',
      folder,
      '--no-zip',
    ]);
    expect(packed.stderr.toString()).toBe('');
    const server = spawn(program, [join(folder, script), '18080'], { cwd: tmpdir() });
    try {
      const [line] = (await once(server.stdout, 'data')) as [Buffer];
      const url = /http:\/\/localhost:\d+\//.exec(line.toString())?.[0] ?? '';
      const page = await context.newPage();
      const loads = countLoads(page);
      await heard(page, url + TRACTOR);
      expect(await isolatedIn(page)).toBe(true);
      expect(loads()).toBe(1);
      await readyOffline(page);
      server.kill();
      await once(server, 'exit');
      await page.reload();
      await answered(page, 'the tractor');
    } finally {
      server.kill();
    }
  });
}

test('another provider can be chosen without a network', async () => {
  const host = await serve({});
  const page = await heard(await context.newPage(), host.url + TRACTOR.replace('provider=wasm&', ''));
  await readyOffline(page);
  await host.stop();
  await page.reload();
  await answered(page, 'the tractor');
  await page.locator('.status-chip').click();
  // SwiftShader's: the page chose WebAssembly by itself.
  await page.getByRole('radio', { name: 'WebGPU', exact: true }).check({ force: true });
  await expect(page.locator('.status-chip[data-phase=ready]')).toContainText('WebGPU', { timeout: PATIENCE });
});

test('a script asked for conditionally is not emptied, and a part of the runtime is a part', async () => {
  const host = await serve({});
  const page = await heard(await context.newPage(), host.url + TRACTOR);
  const wasm = host.requests.find((path) => path.endsWith('.wasm')) ?? '';
  const probe = () =>
    page.evaluate(async (path) => {
      const part = await fetch(path, { headers: { Range: 'bytes=0-3' } });
      const conditional = await fetch('./index.html', { headers: { 'If-None-Match': '"other"' } });
      return {
        status: part.status,
        magic: [...new Uint8Array(await part.arrayBuffer())],
        page: (await conditional.text()).slice(0, 15),
      };
    }, wasm);
  await readyOffline(page);
  await host.stop();
  expect(await probe()).toEqual({ status: 206, magic: [0, 0x61, 0x73, 0x6d], page: '<!doctype html>' });
});

test('where isolation cannot come the page loads again once and never more, and works', async () => {
  const host = await serve({});
  const page = await context.newPage();
  // A browser that does not take the service worker's headers, as far as the page can see.
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'crossOriginIsolated', { get: () => false });
  });
  const loads = countLoads(page);
  await heard(page, host.url + TRACTOR);
  expect(loads()).toBe(2);
  await page.reload();
  await answered(page, 'the tractor');
  expect(loads()).toBe(3);
});

test('ready is not said while a file cannot be had, and the file is named', async () => {
  const folder = join(profile, 'page');
  cpSync('dist', folder, { recursive: true });
  rmSync(join(folder, 'samples', 'zoo.webp'));
  const host = await serve({ isolates: true }, folder);
  const page = await heard(await context.newPage(), host.url + TRACTOR);
  await page.getByRole('button', { name: 'Not ready offline' }).click({ timeout: PATIENCE });
  await expect(page.getByRole('dialog', { name: 'Offline' })).toContainText('samples/zoo.webp');
  await expect(page.getByTestId('offline-ready')).toHaveCount(0);

  cpSync('dist/samples/zoo.webp', join(folder, 'samples', 'zoo.webp'));
  await page.getByRole('button', { name: 'Try again' }).click();
  await readyOffline(page);
});

test('a newer version is fetched whole, offered, and takes over when asked, never under an open page', async () => {
  const folder = join(profile, 'page');
  cpSync('dist', folder, { recursive: true });
  const host = await serve({}, folder);
  const page = await heard(await context.newPage(), host.url + TRACTOR);
  await readyOffline(page);

  const html = join(folder, 'index.html');
  writeFileSync(html, readFileSync(html, 'utf8').replace('<title>', '<title>Newer: '));
  writeServiceWorker(folder);
  const other = await context.newPage();
  await other.goto(host.url);
  await expect(other.getByRole('button', { name: 'Update ready' })).toBeVisible({ timeout: PATIENCE });
  // Both run on the version before, and a tab opened now does too.
  await expect(other).not.toHaveTitle(/Newer/);
  await host.stop();
  await page.reload();
  await expect(page).not.toHaveTitle(/Newer/);
  await answered(page, 'the tractor');

  await page.getByRole('button', { name: 'Update ready' }).click();
  await expect(page.getByTestId('update-ready')).toContainText('the other tab');
  await page.getByRole('button', { name: 'Check again' }).click();
  await expect(page).not.toHaveTitle(/Newer/);
  await other.close();
  await page.getByRole('button', { name: 'Check again' }).click();
  await expect(page).toHaveTitle(/Newer/);
  // Whole: with the network still cut.
  await answered(page, 'the tractor');
  await readyOffline(page);
});
