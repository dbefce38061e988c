/**
 * End-to-end tests: a production build, as `vite preview` serves it, in a real Chromium. They want
 * `vite build` to have run before: `npm test` and `npm run test:e2e` see to that.
 */
import { defineConfig } from '@playwright/test';
import { launchOptions } from './scripts/chromium.mjs';

const port = Number(process.env.E2E_PORT ?? 4173);
const address = `http://127.0.0.1:${port}`;

export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  outputDir: 'test-results',
  // SwiftShader takes seconds for what a GPU does at once, and two pages would share its cores.
  workers: 1,
  timeout: 900_000,
  expect: { timeout: 60_000 },
  retries: 0,
  forbidOnly: !!process.env.CI,
  use: {
    browserName: 'chromium',
    baseURL: `${address}/`,
    headless: true,
    // It would answer what a test routes; e2e/offline.spec.ts has it.
    serviceWorkers: 'block',
    launchOptions: launchOptions(),
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: address,
    reuseExistingServer: false,
  },
});
