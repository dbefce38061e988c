// The working page: by keyboard alone from a sample over an expression, zoom and undo to the palette; zoom and pan with
// pointer and wheel; the history; the address. On the bundled model, on WebAssembly.

import { expect, type Page, test } from '@playwright/test';
import sharp from 'sharp';
import { answered, ask, boxOf, colourAt, middleOf, stageOf, zoomOf } from './app.ts';

/** Opens a sample on a page that gets no model: all there is to see is the picture. The focus is on the stage. */
async function openPlain(page: Page, sample: string, base = './'): Promise<void> {
  await page.route('**/models/**', (route) => route.abort());
  await page.goto(`${base}?sample=${sample}`);
  await expect(page.locator('canvas').first()).toBeVisible();
  await expect(page.getByTestId('zoom').first()).toBeVisible();
  await expect(page.locator('.status-chip[data-phase=failed]')).toBeVisible();
  await stageOf(page).focus();
}

test('from a sample over an expression, zoom and undo to a command, with the keyboard alone', async ({
  page,
}) => {
  await page.goto('./?provider=wasm');
  const sample = page.getByRole('button', { name: /farm/i }).first();
  for (let i = 0; i < 40 && !(await sample.evaluate((it) => it === document.activeElement)); i++) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await expect(stageOf(page)).toBeVisible();

  await page.keyboard.press('/');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('the tractor');
  await page.keyboard.press('Enter');
  await answered(page, 'the tractor');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('the left dog');
  await page.keyboard.press('Enter');
  await expect(boxOf(page, 'the left dog')).toBeAttached();

  await page.keyboard.press('Escape');
  const fitted = await zoomOf(page);
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  expect(await zoomOf(page)).toBeCloseTo(fitted * 2, 5);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('1');
  expect(await zoomOf(page)).toBeCloseTo(1, 5);
  await page.keyboard.press('0');
  expect(await zoomOf(page)).toBeCloseTo(fitted, 5);

  await page.keyboard.press('Control+Z');
  await expect(boxOf(page, 'the tractor')).toBeAttached();
  await expect(page.getByRole('status').filter({ hasText: 'Taken back: the expression' })).toBeAttached();
  await page.keyboard.press('Control+Shift+Z');
  await expect(boxOf(page, 'the left dog')).toBeAttached();

  await page.keyboard.press('Control+K');
  const search = page.getByRole('combobox', { name: 'Search commands' });
  await expect(search).toBeFocused();
  await page.keyboard.type('dark col');
  await expect(page.getByRole('option', { name: 'Dark colours' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(search).toBeHidden();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('in the prompt, undo is the text’s own', async ({ page }) => {
  await openPlain(page, 'farm.webp');
  const prompt = page.getByLabel('What to find');
  await prompt.focus();
  await page.keyboard.type('a cow');
  await page.keyboard.press('Control+Z');
  await expect(prompt).not.toHaveValue('a cow');
  await expect(stageOf(page)).toBeVisible();
});

test('the palette puts recent commands first, greys what cannot be done and says why', async ({ page }) => {
  await page.route('**/models/**', (route) => route.abort());
  await page.goto('./');
  await page.getByRole('button', { name: 'All commands' }).click();
  const zoomIn = page.getByRole('option', { name: /^Zoom in/ });
  await expect(zoomIn).toHaveAttribute('aria-disabled', 'true');
  await expect(zoomIn).toContainText('Choose an image first');
  await zoomIn.click({ force: true });
  await expect(page.getByRole('dialog', { name: 'Commands' })).toBeVisible();
  await page.keyboard.type('sample zoo');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /zoo\.webp/ })).toBeAttached();

  await page.keyboard.press('Control+K');
  await page.keyboard.type('zi');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+K');
  await expect(page.getByRole('group', { name: 'Recent' }).getByRole('option').first()).toContainText(
    'Zoom in',
  );
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('option').last()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.type('no such thing');
  await expect(page.getByText('No command is called that.')).toBeVisible();
  await page.keyboard.press('Control+K');
  await expect(page.getByRole('dialog', { name: 'Commands' })).toBeHidden();
});

test('the wheel zooms about the pointer, a drag pans, a double click fits again', async ({ page }) => {
  await openPlain(page, 'farm.webp');
  const middle = await middleOf(stageOf(page));
  const fitted = await zoomOf(page);
  const point = { x: middle.x + 60, y: middle.y + 60 };
  await page.mouse.move(point.x, point.y);
  for (let i = 0; i < 5; i++) await page.mouse.wheel(0, -240);
  await expect.poll(() => zoomOf(page)).toBeGreaterThan(fitted * 5);

  // A drag carries what is under the pointer along. Smoothing and stepping leave a level or two.
  await page.waitForTimeout(400);
  const before = await colourAt(page, point.x, point.y);
  await page.mouse.down();
  await page.mouse.move(point.x - 120, point.y - 70, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(400);
  const after = await colourAt(page, point.x - 120, point.y - 70);
  for (const [i, level] of before.entries()) expect(Math.abs(level - (after[i] ?? 0))).toBeLessThanOrEqual(6);

  await page.mouse.dblclick(middle.x, middle.y);
  expect(await zoomOf(page)).toBeCloseTo(fitted, 5);
});

test('zooming by keyboard leaves the middle of the stage where it is', async ({ page }) => {
  await openPlain(page, 'street.webp');
  const middle = await middleOf(stageOf(page));
  // The same crop of the picture, found again twice as large.
  const side = 60;
  const clip = {
    x: Math.round(middle.x - side),
    y: Math.round(middle.y - side),
    width: 2 * side,
    height: 2 * side,
  };
  const small = await page.screenshot({ clip });
  for (let i = 0; i < 2; i++) await page.keyboard.press('+');
  await page.waitForTimeout(400);
  const large = await page.screenshot({ clip });
  const inner = await sharp(small)
    .extract({ left: side / 2, top: side / 2, width: side, height: side })
    .resize(2 * side, 2 * side)
    .removeAlpha()
    .raw()
    .toBuffer();
  const outer = await sharp(large).removeAlpha().raw().toBuffer();
  let off = 0;
  for (let i = 0; i < outer.length; i++) off += Math.abs((outer[i] ?? 0) - (inner[i] ?? 0));
  expect(off / outer.length).toBeLessThan(6);
});

test('the canvas has a pixel for each of the screen, at fractional ratios too', async ({
  browser,
  baseURL,
}) => {
  for (const deviceScaleFactor of [1, 1.25, 1.5, 2]) {
    const context = await browser.newContext({ viewport: { width: 1301, height: 777 }, deviceScaleFactor });
    const page = await context.newPage();
    await openPlain(page, 'farm.webp', baseURL);
    const canvas = page.locator('canvas').first();
    const { pixels, css } = await canvas.evaluate((it) => ({
      pixels: (it as HTMLCanvasElement).width,
      css: it.getBoundingClientRect().width * devicePixelRatio,
    }));
    expect(Math.abs(pixels - css)).toBeLessThan(0.05);
    await context.close();
  }
});

test('the zoom stays for another expression and goes with another image', async ({ page }) => {
  await page.goto('./?provider=wasm&sample=farm.webp');
  await ask(page, 'the tractor');
  await page.getByRole('button', { name: 'Zoom in' }).click();
  const zoomed = await zoomOf(page);
  await ask(page, 'the left dog');
  expect(await zoomOf(page)).toBe(zoomed);
  await page.setInputFiles('input[type=file]', 'public/samples/street.webp');
  await expect(page.getByTestId('zoom').first()).toHaveAttribute('data-fitted', 'true');
});

test('the history goes back to another image without running the network', async ({ page }) => {
  await page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    const counted = globalThis as { grounds?: number };
    Worker.prototype.postMessage = function (this: Worker, message: { kind?: string }, ...rest: unknown[]) {
      if (message.kind === 'ground') counted.grounds = (counted.grounds ?? 0) + 1;
      return Reflect.apply(post, this, [message, ...rest]) as undefined;
    } as typeof post;
  });
  await page.goto('./?provider=wasm&sample=farm.webp&q=the+tractor');
  const box = await (await answered(page, 'the tractor')).getAttribute('data-box');
  await page.setInputFiles('input[type=file]', 'public/samples/street.webp');
  await ask(page, 'the blue car');

  await page.locator('.history-entry', { hasText: 'the tractor' }).click();
  await expect(boxOf(page, 'the tractor')).toBeAttached();
  expect(await boxOf(page, 'the tractor').getAttribute('data-box')).toBe(box);
  await page.keyboard.press('Control+Z');
  await expect(boxOf(page, 'the blue car')).toBeAttached();

  expect(await page.evaluate(() => (globalThis as { grounds?: number }).grounds)).toBe(2);

  await page.locator('.history-entry', { hasText: 'the tractor' }).focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Delete');
  await expect(page.locator('.history-entry', { hasText: 'the tractor' })).toHaveCount(0);
  await expect(page.locator('.history-image')).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(page.locator('.history-image')).toHaveCount(0);
  await expect(page.locator('.history-entry', { hasText: 'the blue car' })).toBeFocused();
});

test('the address brings sample, expression and display back after a reload', async ({ page }) => {
  await page.goto('./?provider=wasm&sample=farm.webp&q=the+tractor&opacity=7&colours=jet&map=nonsense');
  await answered(page, 'the tractor');
  // What makes no sense is gone, what does has stayed.
  await expect(page).toHaveURL(/\?provider=wasm&sample=farm\.webp&q=the\+tractor$/);
  await ask(page, 'the left dog');
  await page.locator('.image-stage').first().focus();
  await page.keyboard.press(']');
  await expect(page).toHaveURL(/q=the\+left\+dog&opacity=0\.8$/);
  await page.reload();
  await answered(page, 'the left dog');
  await expect(page).toHaveURL(/opacity=0\.8$/);

  // A picture of one's own is nobody else's business.
  await page.setInputFiles('input[type=file]', 'public/samples/street.webp');
  await expect(page).not.toHaveURL(/sample|street/);
});
