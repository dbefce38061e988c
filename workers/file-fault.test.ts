import { expect, test } from 'vitest';
import { fileFault } from './file-fault.ts';

const WASM = new URL('https://host.example/assets/ort.wasm');
const SCRIPT = new URL('https://host.example/assets/ort.mjs');
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

const answer =
  (body: BodyInit, type: string, status = 200) =>
  async () =>
    new Response(body, { status, headers: { 'Content-Type': type } });

test.each([
  ['a file that is missing', WASM, answer('no', 'text/html', 404), 'ort.wasm is missing on the host (404).'],
  [
    'a page in its place',
    WASM,
    answer('<!doctype html>', 'text/html'),
    'The host answers with a web page where ort.wasm should be.',
  ],
  [
    'a file cut short',
    WASM,
    answer(EMPTY_MODULE.slice(0, 6), 'application/wasm'),
    'ort.wasm is damaged or was cut short.',
  ],
  [
    'a script of the wrong type',
    SCRIPT,
    answer('export {}', 'application/octet-stream'),
    'ort.mjs is served as application/octet-stream, not as a script.',
  ],
  [
    'no network',
    SCRIPT,
    () => Promise.reject(new TypeError('Failed to fetch')),
    'ort.mjs could not be fetched.',
  ],
])('%s is named, with what to do', async (_, url, get, message) => {
  const fault = await fileFault(url, get);
  expect(fault?.message).toBe(message);
  expect(fault?.hint).toMatch(/\.$/);
});

test('nothing is said of files that are as they should be', async () => {
  expect(await fileFault(WASM, answer(EMPTY_MODULE, 'application/wasm'))).toBeNull();
  expect(await fileFault(SCRIPT, answer('export {}', 'text/javascript'))).toBeNull();
});
