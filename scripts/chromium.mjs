/**
 * Which Chromium the browser tests run in, and with which switches. One answer for `npm test`, Vitest and
 * Playwright. Looks and does not install: `install-chromium.mjs` does that. Plain JavaScript without
 * dependencies, because it is needed before `node_modules` is there.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/** @typedef {{ readonly path: string, readonly source: string }} FoundChromium source: where it was found, in words */

/** Names a Chromium goes by on a PATH, the plainest first. */
const NAMES_ON_PATH = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome.exe'];

const USUAL_PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export class ChromiumError extends Error {
  /** @type {'chromium-not-found' | 'chromium-path-wrong'} */
  code;

  /**
   * @param {'chromium-not-found' | 'chromium-path-wrong'} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'ChromiumError';
    this.code = code;
  }
}

/**
 * Looks at CHROMIUM_PATH, then Playwright's own download, then the PATH and the usual places.
 *
 * @param {object} [from] what to look at, so that a test can say
 * @param {Readonly<Record<string, string | undefined>>} [from.env]
 * @param {(path: string) => boolean} [from.exists]
 * @param {() => string | undefined} [from.playwrightPath]
 * @returns {FoundChromium | undefined} undefined where there is none
 * @throws {ChromiumError} `chromium-path-wrong` where CHROMIUM_PATH names a file that is not there
 */
export function findChromium({
  env = process.env,
  exists = existsSync,
  playwrightPath = playwrightsOwnPath,
} = {}) {
  const asked = env.CHROMIUM_PATH;
  if (asked) {
    if (!exists(asked)) {
      throw new ChromiumError('chromium-path-wrong', `CHROMIUM_PATH names ${asked}, which is not there`);
    }
    return { path: asked, source: 'named by CHROMIUM_PATH' };
  }

  const playwrights = playwrightPath();
  if (playwrights && exists(playwrights)) return { path: playwrights, source: "Playwright's own" };

  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const name of NAMES_ON_PATH) {
      const path = join(folder, name);
      if (exists(path)) return { path, source: "the system's" };
    }
  }
  const path = USUAL_PLACES.find((place) => exists(place));
  return path === undefined ? undefined : { path, source: "the system's" };
}

/** Where Playwright would keep its Chromium; undefined while Playwright itself is not installed. */
function playwrightsOwnPath() {
  try {
    return createRequire(import.meta.url)('playwright').chromium.executablePath();
  } catch {
    return undefined;
  }
}

/**
 * Switches that give WebGPU on a machine without a GPU (SwiftShader computes it on the CPU), so that every
 * machine tests the same thing.
 *
 * @returns {string[]}
 */
export function chromiumArguments() {
  const switches = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
  // Chromium refuses to sandbox itself for root, and containers often have a tiny /dev/shm.
  if (process.getuid?.() === 0) switches.push('--no-sandbox', '--disable-dev-shm-usage');
  return switches;
}

/**
 * What Playwright, and Vitest through it, start the browser with.
 *
 * @returns {{ args: string[], executablePath?: string }}
 */
export function launchOptions() {
  const found = findChromium();
  return { args: chromiumArguments(), ...(found ? { executablePath: found.path } : {}) };
}
