import { expect, test } from 'vitest';
import { ChromiumError, findChromium } from './chromium.mjs';

const only =
  (...paths: string[]) =>
  (path: string) =>
    paths.includes(path);
const playwrightPath = () => '/cache/chrome';

test('CHROMIUM_PATH comes first', () => {
  const exists = only('/own/chrome', '/cache/chrome', '/usr/bin/chromium');
  const env = { CHROMIUM_PATH: '/own/chrome', PATH: '/usr/bin' };
  expect(findChromium({ env, exists, playwrightPath })).toEqual({
    path: '/own/chrome',
    source: 'named by CHROMIUM_PATH',
  });
});

test('a CHROMIUM_PATH that names nothing is an error and not passed over', () => {
  const find = () =>
    findChromium({
      env: { CHROMIUM_PATH: '/no/chrome', PATH: '/usr/bin' },
      exists: only('/usr/bin/chromium'),
    });
  expect(find).toThrow(ChromiumError);
  expect(find).toThrow('/no/chrome');
});

test("Playwright's own comes before the system's", () => {
  const exists = only('/cache/chrome', '/usr/bin/chromium');
  expect(findChromium({ env: { PATH: '/usr/bin' }, exists, playwrightPath })?.path).toBe('/cache/chrome');
});

test("a path of Playwright's where nothing was downloaded does not count", () => {
  const exists = only('/usr/bin/chromium');
  expect(findChromium({ env: { PATH: '/bin:/usr/bin' }, exists, playwrightPath })?.path).toBe(
    '/usr/bin/chromium',
  );
});

test('Chrome will do where there is no Chromium', () => {
  const exists = only('/usr/bin/google-chrome');
  expect(findChromium({ env: { PATH: '/usr/bin' }, exists, playwrightPath })?.path).toBe(
    '/usr/bin/google-chrome',
  );
});

test('finds nothing where there is nothing', () => {
  expect(findChromium({ env: { PATH: '/usr/bin' }, exists: only(), playwrightPath })).toBeUndefined();
});
