// Puts the fake worker in place of the real one: it is built when first asked for, and the worker's script is answered
// with it, under the headers and the policy that the real one has. Nothing of it is in the page's build.

import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page, Worker } from '@playwright/test';
import { build, type Rolldown } from 'vite';
import type { FakeWorkerScope, Plan } from './plan.ts';

const ENTRY = fileURLToPath(new URL('./fake.worker.ts', import.meta.url));
/** As Vite names the bundle of workers/grounding.worker.ts. */
const WORKER_SCRIPT = /\/assets\/grounding\.worker-[\w-]+\.js$/;

let script: Promise<string> | null = null;

async function buildScript(): Promise<string> {
  const built = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      target: 'es2023',
      lib: { entry: ENTRY, formats: ['es'], fileName: 'fake-worker' },
    },
  });
  const [output] = built as Rolldown.RolldownOutput[];
  if (output?.output.length !== 1) throw new Error('The fake worker is not one file.');
  return output.output[0].code;
}

/** To be called before the page is opened. */
export async function installFakeWorker(on: Page | BrowserContext, plan: Partial<Plan> = {}): Promise<void> {
  script ??= buildScript();
  const body = `globalThis.fakePlan = ${JSON.stringify(plan)};\n${await script}`;
  await on.route(WORKER_SCRIPT, async (route) => route.fulfill({ response: await route.fetch(), body }));
}

async function fakeWorkerOf(page: Page): Promise<Worker> {
  return page.workers().find((worker) => WORKER_SCRIPT.test(worker.url())) ?? page.waitForEvent('worker');
}

/** Changes what the running fake does from now on. */
export async function changePlan(page: Page, change: Partial<Plan>): Promise<void> {
  await (await fakeWorkerOf(page)).evaluate((wanted) => {
    Object.assign((globalThis as unknown as FakeWorkerScope).fakeWorker.plan, wanted);
  }, change);
}

export async function loseGpu(page: Page, message: string): Promise<void> {
  await (await fakeWorkerOf(page)).evaluate(
    (words) => (globalThis as unknown as FakeWorkerScope).fakeWorker.loseGpu(words),
    message,
  );
}

/** Kinds of the requests that the page has sent. */
export async function requestsOf(page: Page): Promise<readonly string[]> {
  return (await fakeWorkerOf(page)).evaluate(
    () => (globalThis as unknown as FakeWorkerScope).fakeWorker.requests,
  );
}
