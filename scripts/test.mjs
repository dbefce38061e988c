/**
 * `npm test`: everything, from a fresh clone. Installs what is missing (packages, a Chromium), then lint,
 * types, unit tests, unit tests in the browser, a production build and the end-to-end tests on it, and where
 * there is Python with PyTorch the tests of training/, for which it draws the art where that is missing. A step
 * that fails does not keep the others from running. The last line is `N passed, N failed`.
 *
 * `npm test -- unit browser` runs those steps alone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { ensureChromium } from './install-chromium.mjs';
import { run, runPackage } from './programs.mjs';
import { ensureAtlas, findPython } from './python.mjs';
import { playwrightCounts, pytestCounts, totalCounts, vitestCounts } from './test-report.mjs';

/** @typedef {{ ok: boolean, counts?: import('./test-report.mjs').Counts, words?: string, leftOut?: boolean }} Outcome */

const reports = mkdtempSync(join(tmpdir(), 'hivg-web-tests-'));

/** @param {string} words */
const say = (words) => console.log(`[test] ${words}`);

/** The order is the order of running: what is quick to tell comes first. */
const STEPS = {
  lint: async () => ({ ok: (await runPackage('@biomejs/biome', ['check', '.'])) === 0 }),
  types,
  unit: () => vitest('unit'),
  browser: () => vitest('browser'),
  build: async () => ({ ok: (await runPackage('vite', ['build', '--logLevel', 'warn'])) === 0 }),
  e2e,
  training,
};

/** @typedef {keyof typeof STEPS} Step */

const NEED_CHROMIUM = new Set(['browser', 'e2e']);

/** @returns {Promise<Outcome>} */
async function types() {
  let ok = true;
  for (const part of ['page', 'worker', 'node', 'browser-tests']) {
    const code = await runPackage('typescript', ['-p', `tsconfig.${part}.json`], { program: 'tsc' });
    ok = ok && code === 0;
  }
  return { ok };
}

/**
 * @param {string} project
 * @returns {Promise<Outcome>}
 */
async function vitest(project) {
  const file = join(reports, `${project}.json`);
  const code = await runPackage('vitest', [
    'run',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  return outcome(code, file, (report) => vitestCounts(JSON.parse(report)));
}

/** @returns {Promise<Outcome>} */
async function e2e() {
  const file = join(reports, 'e2e.json');
  const code = await runPackage('@playwright/test', ['test', '--reporter=list,json'], {
    program: 'playwright',
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file, E2E_PORT: String(await freePort()) },
  });
  return outcome(code, file, (report) => playwrightCounts(JSON.parse(report)));
}

/** @returns {Promise<Outcome>} */
async function training() {
  const python = findPython();
  // The app needs no Python, and PyTorch is too large to be installed unasked.
  if ('words' in python) return { ok: true, leftOut: true, words: `not run: ${python.words}` };
  if (!(await ensureAtlas(say))) return { ok: false, words: 'not run, for want of the art' };
  const file = join(reports, 'training.xml');
  const code = await run(python.path, [
    '-m',
    'pytest',
    '-q',
    '-p',
    'no:cacheprovider',
    `--junit-xml=${file}`,
    'training/tests',
  ]);
  return outcome(code, file, pytestCounts);
}

/**
 * @param {number} code of the runner
 * @param {string} file its report
 * @param {(report: string) => import('./test-report.mjs').Counts} count
 * @returns {Outcome}
 */
function outcome(code, file, count) {
  try {
    return { ok: code === 0, counts: count(readFileSync(file, 'utf8')) };
  } catch {
    return { ok: false, words: 'left no report' };
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 4173));
    });
  });
}

/** @returns {Promise<number>} exit code */
async function main() {
  const known = /** @type {Step[]} */ (Object.keys(STEPS));
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !known.some((step) => step === name));
  if (unknown.length > 0) {
    say(`No such step: ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
    return 1;
  }
  const steps = asked.length === 0 ? known : known.filter((step) => asked.includes(step));

  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();
  if (!(await ensureInstalled(say))) {
    outcomes.set('install', { ok: false });
  } else {
    if (steps.some((step) => NEED_CHROMIUM.has(step))) {
      try {
        process.env.CHROMIUM_PATH = (await ensureChromium(say)).path;
      } catch (error) {
        const { code, message } = /** @type {{ code?: string, message: string }} */ (error);
        outcomes.set('chromium', { ok: false, words: `${code ?? 'error'}: ${message}` });
      }
    }
    for (const step of steps) {
      if (outcomes.has('chromium') && NEED_CHROMIUM.has(step)) {
        outcomes.set(step, { ok: false, words: 'not run, for want of a Chromium' });
        continue;
      }
      if (step === 'e2e' && outcomes.get('build')?.ok === false) {
        outcomes.set(step, { ok: false, words: 'not run, for want of a build' });
        continue;
      }
      say(`── ${step}`);
      outcomes.set(step, await STEPS[step]());
    }
  }

  console.log('');
  for (const [step, { ok, counts, words, leftOut }] of outcomes) {
    const tests = counts && `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    console.log(
      `  ${leftOut ? 'left out' : ok ? 'ok      ' : 'FAILED  '}  ${[step.padEnd(8), tests ?? words ?? ''].join('  ').trimEnd()}`,
    );
  }
  const { passed, failed } = totalCounts([...outcomes.values()]);
  console.log(`\n${passed} passed, ${failed} failed`);
  return [...outcomes.values()].every(({ ok }) => ok) ? 0 : 1;
}

const code = await main();
rmSync(reports, { recursive: true, force: true });
process.exitCode = code;
