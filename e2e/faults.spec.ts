// What a host or a disk does wrong, and a new user sees: each ends in words that name the thing, and in a way on.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, type Page, type Route, test } from '@playwright/test';
import { answered, dropFile } from './app.ts';

const TRACTOR = './?provider=wasm&sample=farm.webp&q=the+tractor';
const RUNTIME = /ort-wasm-simd-threaded-[^.]+\.wasm/;
const SCRIPT = /ort-wasm-simd-threaded-[^.]+\.mjs/;

const said = (page: Page, words: string | RegExp) =>
  expect(page.locator('.notes').getByText(words).first()).toBeVisible();

test('opened from a disk, the page says what to do', async ({ page }) => {
  await page.goto(pathToFileURL(resolve('dist/index.html')).href);
  await expect(page.getByRole('heading', { name: 'This page has not started' })).toBeVisible();
  await expect(page.getByText('npm start')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Try again' })).toBeVisible();
});

test('without its own script, the page says what to do', async ({ page }) => {
  await page.route(/assets\/index-.*\.js/, (route) => route.fulfill({ status: 404 }));
  await page.goto('./');
  await expect(page.getByRole('heading', { name: 'This page has not started' })).toBeVisible();
});

for (const [name, file, answer, words] of [
  ['missing', RUNTIME, (route) => route.fulfill({ status: 404 }), /\.wasm is missing on the host \(404\)/],
  [
    'cut short',
    RUNTIME,
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.body()).subarray(0, 100_000) });
    },
    /\.wasm is damaged or was cut short/,
  ],
  [
    'a web page',
    RUNTIME,
    (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    /web page where ort-wasm.* should be/,
  ],
  [
    'of the wrong type',
    SCRIPT,
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'content-type': 'text/plain' } });
    },
    /\.mjs is served as text\/plain, not as a script/,
  ],
] as const satisfies readonly (readonly [string, RegExp, (route: Route) => Promise<void>, RegExp])[]) {
  test(`a file of the runtime that is ${name} is named, and trying again works once it is there`, async ({
    page,
  }) => {
    await page.route(file, answer);
    await page.goto(TRACTOR);
    await said(page, words);
    await page.unroute(file);
    await page.getByRole('button', { name: 'Try again' }).click();
    await answered(page, 'the tractor');
    await expect(page.getByRole('alert')).toHaveText('');
  });
}

test('a worker whose script is missing is said to be, and trying again works once it is there', async ({
  page,
}) => {
  const script = /grounding\.worker-.*\.js/;
  await page.route(script, (route) => route.fulfill({ status: 404 }));
  await page.goto(TRACTOR);
  await said(page, /could not be started/);
  await page.unroute(script);
  await page.getByRole('button', { name: 'Try again' }).click();
  await answered(page, 'the tractor');
});

test('an error that a good file has followed is gone for screen readers too', async ({ page }) => {
  await page.goto('./?provider=wasm');
  await dropFile(page, 'package.json', 'image/png');
  await expect(page.getByRole('alert').filter({ hasText: 'package.json' })).toBeAttached();
  await dropFile(page, 'public/samples/farm.webp', 'image/webp');
  await expect(page.getByRole('status').filter({ hasText: 'farm.webp is open' })).toBeAttached();
  await expect(page.getByRole('alert').filter({ hasText: 'package.json' })).toHaveCount(0);
});

test('on a picture of one’s own the page says what the model was trained on, once, and what to do', async ({
  page,
}) => {
  await page.goto(TRACTOR);
  await answered(page, 'the tractor');
  const note = page.locator('.notes').getByText(/trained on drawings alone/);
  await expect(note).toHaveCount(0);
  await dropFile(page, 'fixtures/images/odd_641x427.png', 'image/png');
  await page.getByLabel('What to find').fill('the left dog');
  await page.keyboard.press('Enter');
  await answered(page, 'the left dog');
  await expect(note).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'trained on drawings alone' })).toBeAttached();
  await page.locator('.notes').getByRole('button', { name: 'Use another model' }).click();
  await expect(page.getByRole('dialog', { name: 'Models' })).toContainText('npm run hivg -- convert');
  await page.keyboard.press('Escape');
  await page.locator('.notes').getByRole('button', { name: 'Dismiss' }).click();
  await expect(note).toHaveCount(0);
  // For this picture, whatever is asked of it.
  await page.getByLabel('What to find').fill('the tree');
  await page.keyboard.press('Enter');
  await answered(page, 'the tree');
  await expect(note).toHaveCount(0);
});
