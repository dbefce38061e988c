// Takes the pictures of docs/screens from a production build: `npx vite build && npx tsx scripts/screens.ts`.

import { mkdirSync } from 'node:fs';
import { chromium, type Page } from '@playwright/test';
import { preview } from 'vite';
import { launchOptions } from './chromium.mjs';

const FOLDER = 'docs/screens';
const SIZES = { desk: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } } as const;

async function ask(page: Page, sample: string, expression: string): Promise<void> {
  await page.setInputFiles('input[type=file]', `public/samples/${sample}`);
  await page.getByLabel('What to find').fill(expression);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`[data-testid=box][data-expression="${expression}"]`, { state: 'attached' });
  await page.waitForTimeout(500);
}

mkdirSync(FOLDER, { recursive: true });
const server = await preview({ preview: { port: 4321, host: '127.0.0.1' }, logLevel: 'error' });
const browser = await chromium.launch(launchOptions());
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    await page.goto('http://127.0.0.1:4321/');
    await page.waitForSelector('.status-chip[data-phase=ready]');
    await page.waitForTimeout(300);
    const shot = (state: string) =>
      page.screenshot({ path: `${FOLDER}/${state}-${size}-${colorScheme}.png` });
    await shot('empty');
    await ask(page, 'street.webp', 'the blue car');
    await shot('result');
    if (size === 'desk' && colorScheme === 'light') await page.screenshot({ path: `${FOLDER}/result.png` });
    await ask(page, 'farm.webp', 'the left unicorn');
    await shot('unknown-word');
    await context.close();
  }
}
await browser.close();
await server.close();
