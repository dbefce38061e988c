// What a screen reader and a keyboard find: no axe violations before and after an answer, in each dialog and while a box
// is drawn, at a phone's width and on a desk, light and dark; and the way from a sample to an answer without a mouse.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { answered, ask } from './app.ts';

async function expectNothing(page: Page, where: string): Promise<void> {
  expect((await new AxeBuilder({ page }).analyze()).violations, where).toEqual([]);
}

/** What opens over the result by its key, and the name it goes by. */
const DIALOGS = [
  ['a', 'Layers and heads'],
  ['Control+K', 'Commands'],
  ['?', 'How it works'],
  ['e', 'Export'],
] as const;

for (const width of [360, 1440]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing at ${width} px in ${colorScheme}, whatever is open`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.goto('./?provider=wasm');
      await expect(page.locator('.status-chip[data-phase=ready]')).toBeVisible();
      await expectNothing(page, 'empty');
      await page.setInputFiles('input[type=file]', 'public/samples/farm.webp');
      await ask(page, 'the tractor');
      await expectNothing(page, 'result');

      await page.keyboard.press('Escape');
      for (const [key, name] of DIALOGS) {
        await page.keyboard.press(key);
        const dialog = page.getByRole('dialog', { name });
        await expect(dialog).toBeVisible();
        await expectNothing(page, name);
        await page.keyboard.press('Escape');
        await expect(dialog).toBeHidden();
      }

      await page.locator('.status-chip').click();
      await expect(page.getByRole('dialog', { name: 'Model' })).toBeVisible();
      await expectNothing(page, 'model');
      await page.keyboard.press('Escape');

      await page.getByRole('button', { name: 'Draw the ground truth' }).click();
      await page.getByRole('button', { name: 'Start from the prediction' }).click();
      await expect(page.getByRole('application', { name: /Ground truth box/ })).toBeFocused();
      await expectNothing(page, 'ground truth');

      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}

test('the answer is spoken in a live region', async ({ page }) => {
  await page.goto('./?provider=wasm');
  await page.setInputFiles('input[type=file]', 'public/samples/farm.webp');
  await ask(page, 'the tractor');
  await expect(page.getByRole('status').filter({ hasText: 'Box found for “the tractor”' })).toBeAttached();
});

test('a sample is chosen and asked about with the keyboard alone', async ({ page }) => {
  await page.goto('./?provider=wasm');
  const sample = page.getByRole('button', { name: /farm/i }).first();
  await sample.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('canvas').first()).toBeVisible();
  await page.keyboard.press('/');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('the tractor');
  await page.keyboard.press('Enter');
  await answered(page, 'the tractor');
});
