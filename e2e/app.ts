// What the end-to-end tests do with the page again and again: open it, hand it a picture, ask, read the answer.

import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import sharp from 'sharp';
import type { Manifest } from '../src/grounding/bundle.ts';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const BUNDLED = 'public/models/hivg-mini';

/** The sizes of the bundled model. */
export const bundledSizes: Manifest['architecture'] = JSON.parse(
  readFileSync(`${BUNDLED}/manifest.json`, 'utf8'),
).architecture;

/** Drops a file on the page, as a person does from their desktop. */
export async function dropFile(page: Page, path: string, type: string): Promise<void> {
  const base64 = (await readFile(path)).toString('base64');
  const transfer = await page.evaluateHandle(
    ([data, name, mime]) => {
      const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
      const files = new DataTransfer();
      files.items.add(new File([bytes], name, { type: mime }));
      return files;
    },
    [base64, basename(path), type] as const,
  );
  for (const event of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('body', event, { dataTransfer: transfer });
  }
}

/**
 * Milliseconds to wait for an answer or a model before something is taken to hang. SwiftShader on two cores with AVX2
 * alone needs a minute for a box, and more where they have other work.
 */
export const PATIENCE = 400_000;

export const boxOf = (page: Page, expression: string): Locator =>
  page.locator(`[data-testid=box][data-expression=${JSON.stringify(expression)}]`);

/** Waits for an expression's box, however long the network takes. */
export async function answered(page: Page, expression: string): Promise<Locator> {
  const box = boxOf(page, expression);
  await expect(box).toBeAttached({ timeout: PATIENCE });
  return box;
}

/** Types an expression, presses Enter, waits for its box: fractions of the image. */
export async function ask(page: Page, expression: string): Promise<Box> {
  await page.getByLabel('What to find').fill(expression);
  await page.keyboard.press('Enter');
  const box = await answered(page, expression);
  return JSON.parse((await box.getAttribute('data-box')) ?? 'null') as Box;
}

/** Every request the page and its workers make, so that a test can say where they went. */
export function watchRequests(page: Page): string[] {
  const urls: string[] = [];
  page.context().on('request', (request) => urls.push(request.url()));
  return urls;
}

export const stageOf = (page: Page): Locator => page.locator('.image-stage').first();
/** Pixels of the screen for a pixel of the image. */
export const zoomOf = async (page: Page): Promise<number> =>
  Number(await page.getByTestId('zoom').first().getAttribute('data-zoom'));

export async function middleOf(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (!box) throw new Error('not on the screen');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The colour of a point of the page. */
export async function colourAt(page: Page, x: number, y: number): Promise<readonly number[]> {
  const shot = await page.screenshot({ clip: { x: Math.round(x), y: Math.round(y), width: 1, height: 1 } });
  return [...(await sharp(shot).removeAlpha().raw().toBuffer())];
}
