// The whole way on a production build: a picture dropped on the page, a referring expression, the box and the heat map,
// on WebAssembly and on WebGPU (computed in software here), against what the command line says of the same file.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { ask, type Box, BUNDLED, dropFile, watchRequests } from './app.ts';

const EXPRESSION = 'the tractor';
const SIZE = { width: 640, height: 480 };

let folder: string;
let png: string;
let jpeg: string;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivg-e2e-'));
  png = join(folder, 'farm.png');
  jpeg = join(folder, 'farm.jpg');
  const picture = sharp('public/samples/farm.webp').resize(SIZE.width, SIZE.height);
  await picture.clone().png().toFile(png);
  await picture.clone().jpeg({ quality: 90 }).toFile(jpeg);
});

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface CliBox {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

function cliBox(image: string, precision: string): CliBox {
  const args = ['node_modules/tsx/dist/cli.mjs', 'cli/hivg.ts', 'ground', image, EXPRESSION];
  const out = execFileSync(process.execPath, [
    ...args,
    '--model',
    BUNDLED,
    '--precision',
    precision,
    '--json',
  ]);
  return (JSON.parse(out.toString()) as { box: CliBox }).box;
}

/**
 * @param off pixels of a 640 × 480 picture that an edge may be off: pixels are decoded by another library here, and in
 *   int8, where activations are quantised as they come, another kernel's rounding goes on from layer to layer
 */
function expectSame(page: Box, cli: CliBox, off: number): void {
  expect(Math.abs(page.left * SIZE.width - cli.x1)).toBeLessThanOrEqual(off);
  expect(Math.abs(page.top * SIZE.height - cli.y1)).toBeLessThanOrEqual(off);
  expect(Math.abs(page.right * SIZE.width - cli.x2)).toBeLessThanOrEqual(off);
  expect(Math.abs(page.bottom * SIZE.height - cli.y2)).toBeLessThanOrEqual(off);
}

for (const [provider, precision, chip, off] of [
  ['wasm', 'int8', /WebAssembly · int8/, 4],
  ['webgpu', 'q4', /WebGPU · q4/, 2],
] as const) {
  test(`on ${provider}, a dropped PNG and a dropped JPEG get the command line's boxes`, async ({ page }) => {
    await page.goto(`./?provider=${provider}`);
    for (const [path, type] of [
      [png, 'image/png'],
      [jpeg, 'image/jpeg'],
    ] as const) {
      await dropFile(page, path, type);
      // The answer for the picture before has the same words.
      await expect(page.getByRole('heading', { name: basename(path) })).toBeAttached();
      expectSame(await ask(page, EXPRESSION), cliBox(path, precision), off);
    }
    await expect(page.locator('.status-chip')).toContainText(chip);
  });
}

test('the choice of provider is said with its reason', async ({ page }) => {
  await page.goto('./');
  await expect(page.locator('.status-chip[data-phase=ready]')).toContainText(/because/);
});

test('nothing is asked of another origin, and the policy would not let it', async ({ page, baseURL }) => {
  const urls = watchRequests(page);
  await page.goto('./?provider=wasm');
  await dropFile(page, png, 'image/png');
  await ask(page, EXPRESSION);
  const origin = new URL(baseURL ?? '').origin;
  const elsewhere = urls.filter((url) => /^(https?|wss?):/.test(url) && new URL(url).origin !== origin);
  expect(elsewhere).toEqual([]);
  expect(urls.some((url) => url.endsWith('manifest.json'))).toBe(true);
  const refused = await page.evaluate(async () => {
    const violated = new Promise<string>((resolve) =>
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective)),
    );
    await fetch('http://127.0.0.1:9/').catch(() => undefined);
    return violated;
  });
  expect(refused).toBe('connect-src');
});

test('the page is cross-origin isolated and computes with more than one thread where there are cores', async ({
  page,
}) => {
  await page.goto('./?provider=wasm');
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const ready = page.locator('.status-chip[data-phase=ready]');
  if (cores > 1) await expect(ready).toContainText(/[2-4] threads/);
  else await expect(ready).toBeVisible();
});

test('the heat map is drawn over the image, and goes when it is switched off', async ({ page }) => {
  await page.goto('./?provider=wasm');
  await dropFile(page, png, 'image/png');
  await ask(page, EXPRESSION);
  // A glow would leave most of the picture as it is.
  await page.getByRole('radio', { name: 'Full wash', exact: true }).check({ force: true });
  const stage = page.locator('canvas').first();
  await expect(stage).toBeVisible();
  const withMap = await stage.screenshot();
  const toggle = page.getByRole('switch', { name: /heat map/i });
  await expect(toggle).toBeChecked();
  await toggle.click();
  await expect(toggle).not.toBeChecked();
  const without = await stage.screenshot();
  const difference = await meanDifference(withMap, without);
  // Half-opaque viridis over most of the picture: far from a stray pixel.
  expect(difference).toBeGreaterThan(5);
});

/** Mean absolute difference of two screenshots, in levels of 255. */
async function meanDifference(a: Buffer, b: Buffer): Promise<number> {
  const [left, right] = await Promise.all([a, b].map((image) => sharp(image).removeAlpha().raw().toBuffer()));
  if (!left || !right) return 0;
  let total = 0;
  for (let i = 0; i < left.length; i++) total += Math.abs((left[i] ?? 0) - (right[i] ?? 0));
  return total / left.length;
}

test('a broken file, and one that is no image, are refused in words', async ({ page }) => {
  const broken = join(folder, 'broken.png');
  const good = await sharp(png).png().toBuffer();
  writeFileSync(broken, good.subarray(0, 200));
  const pdf = join(folder, 'holiday.pdf');
  writeFileSync(pdf, '%PDF-1.7\n%âãÏÓ\n');
  await page.goto('./?provider=wasm');
  await dropFile(page, broken, 'image/png');
  await expect(
    page
      .getByText(/broken\.png/)
      .filter({ visible: true })
      .first(),
  ).toBeVisible();
  await dropFile(page, pdf, 'application/pdf');
  await expect(
    page
      .getByText(/holiday\.pdf is a PDF/)
      .filter({ visible: true })
      .first(),
  ).toBeVisible();
});

test('words the model has never seen are named', async ({ page }) => {
  await page.goto('./?provider=wasm');
  await dropFile(page, png, 'image/png');
  await ask(page, 'the left zebrafinch');
  await expect(
    page
      .getByText(/never seen.*zebrafinch/i)
      .filter({ visible: true })
      .first(),
  ).toBeVisible();
});

test('a model whose file was changed is refused by the name of the file', async ({ page }) => {
  await page.route('**/hivg-mini/int8/image.bin', async (route) => {
    const response = await route.fetch();
    const body = Buffer.from(await response.body());
    body[1000] = (body[1000] ?? 0) ^ 1;
    await route.fulfill({ response, body });
  });
  await page.goto('./?provider=wasm');
  await expect(
    page
      .getByText(/image\.bin/)
      .filter({ visible: true })
      .first(),
  ).toBeVisible();
});
