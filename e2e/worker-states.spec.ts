// What the page shows where the network makes it wait or fails: states that the real worker cannot be brought into at
// will. Its model is fake, the worker around it and everything between it and the page are real.

import { expect, type Page, test } from '@playwright/test';
import { answered, ask, boxOf } from './app.ts';
import { changePlan, installFakeWorker, loseGpu, requestsOf } from './fake-worker/install.ts';
import type { Plan } from './fake-worker/plan.ts';

const SAMPLE = './?sample=farm.webp';

const chip = (page: Page) => page.locator('.status-chip');
const badNote = (page: Page) => page.locator('.note[data-tone=bad]');
const tryAgain = (page: Page) => badNote(page).getByRole('button', { name: 'Try again' });

async function open(page: Page, plan: Partial<Plan> = {}): Promise<void> {
  await installFakeWorker(page, plan);
  await page.goto(SAMPLE);
  await expect(page.locator('canvas').first()).toBeVisible();
}

async function type(page: Page, expression: string): Promise<void> {
  await page.getByLabel('What to find').fill(expression);
  await page.keyboard.press('Enter');
}

test('while the model downloads, its size is told and an expression waits for it', async ({ page }) => {
  await open(page, { load: 'downloading' });
  await expect(page.getByText('Getting the model, 6.2 MB of 12.4 MB', { exact: true })).toBeVisible();
  await expect(page.getByRole('progressbar')).toHaveJSProperty('value', 6.15 / 12.4);
  await type(page, 'the tractor');
  await expect(page.getByText('your expression runs as soon as it is here')).toBeVisible();
  expect(await requestsOf(page)).not.toContain('ground');
  await changePlan(page, { load: 'ready' });
  await answered(page, 'the tractor');
  await expect(chip(page)).toContainText('WebAssembly · int8, 2 threads');
});

test('a model that cannot be loaded is said with what to do, and can be tried again', async ({ page }) => {
  await open(page, { load: 'failed' });
  await expect(badNote(page)).toContainText('q4/image.onnx could not be fetched: 404 Not Found.');
  await expect(badNote(page)).toContainText('Check that the server still runs.');
  await expect(chip(page)).toContainText('No model');
  await changePlan(page, { load: 'ready' });
  await tryAgain(page).click();
  await expect(page.locator('.status-chip[data-phase=ready]')).toBeVisible();
  await expect(badNote(page)).toHaveCount(0);
});

test('a run that does not end can be stopped, and the next expression gets its box', async ({ page }) => {
  await open(page, { boxes: { 'the cow': [0.1, 0.2, 0.4, 0.6] } });
  await ask(page, 'the tractor');
  await changePlan(page, { ground: 'working' });
  await type(page, 'the barn');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  expect(await requestsOf(page)).toContain('cancel');
  await changePlan(page, { ground: 'done' });
  const box = await ask(page, 'the cow');
  expect(box.left).toBeCloseTo(0.1, 5);
  expect(box.bottom).toBeCloseTo(0.6, 5);
  await expect(boxOf(page, 'the barn')).toHaveCount(0);
});

test('a run that fails says why and leaves the answer before it; trying again gets the box', async ({
  page,
}) => {
  await open(page);
  await ask(page, 'the tractor');
  await changePlan(page, { ground: 'failed' });
  await type(page, 'the cow');
  await expect(badNote(page)).toContainText('The network failed while it ran: a shader did not compile');
  await changePlan(page, { ground: 'done' });
  await tryAgain(page).click();
  await answered(page, 'the cow');
  await expect(badNote(page)).toHaveCount(0);
});

test('a GPU that is lost is said, and the model can be loaded again', async ({ page }) => {
  await open(page, { provider: 'webgpu' });
  await expect(chip(page)).toContainText('WebGPU · q4');
  await ask(page, 'the tractor');
  await loseGpu(page, 'the driver was reset');
  await expect(badNote(page)).toContainText('The graphics processor was taken away (the driver was reset).');
  await tryAgain(page).click();
  await expect(chip(page)).toContainText('WebGPU · q4');
  await ask(page, 'the cow');
});

test('words that the model does not know, and a cut expression, are told with the box', async ({ page }) => {
  await open(page, { unknown: ['zebrafinch'], cut: true });
  await ask(page, 'the zebrafinch');
  await expect(page.getByText('The model has never seen “zebrafinch”', { exact: false })).toBeVisible();
  await expect(
    page.getByText('longer than the network can read (77 tokens)', { exact: false }),
  ).toBeVisible();
});

test('every reading of a network of base size can be shown', async ({ page }) => {
  await open(page);
  await ask(page, 'the tractor');
  for (const source of ['[CLS] looks at patches', 'Mask', '[REG] looks at patches']) {
    await page.getByRole('radio', { name: source, exact: true }).check({ force: true });
    await expect(page.getByTestId('map-legend')).toBeVisible();
  }
  expect(await requestsOf(page)).toEqual(expect.arrayContaining(['attention', 'dense']));
});
