/** Chromium, by Playwright, as the other tests drive it. */
import { chromium as playwright } from 'playwright';
import { findChromium, launchOptions } from '../chromium.mjs';
import { asJson, type Engine, WINDOW } from './engine.ts';

export const chromium: Engine = {
  name: 'Chromium',
  install: 'apt-get install chromium, or name it in CHROMIUM_PATH',
  find: () => findChromium()?.path,

  async start(_path, profile) {
    const context = await playwright.launchPersistentContext(profile, {
      ...launchOptions(),
      viewport: WINDOW,
    });
    return {
      version: context.browser()?.version() ?? 'unknown',
      close: () => context.close(),
      async newTab() {
        const page = await context.newPage();
        let documents = 0;
        page.on('domcontentloaded', () => {
          documents++;
        });
        return {
          open: async (address) => void (await page.goto(address, { waitUntil: 'domcontentloaded' })),
          reload: async () => void (await page.reload({ waitUntil: 'domcontentloaded' })),
          evaluate: async (expression) => JSON.parse(await page.evaluate<string>(asJson(expression))),
          screenshot: () => page.screenshot(),
          get documents() {
            return documents;
          },
        };
      },
    };
  },
};
