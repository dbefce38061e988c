import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listFiles, writeServiceWorker } from './precache.ts';

const RUNTIME = ['wasm-simd-threaded-X', 'wasm-simd-threaded.jspi-X', 'wasm-simd-threaded.asyncify-X'];
const CHUNKS = ['ort.wasm.min-X.js', 'ort.jspi.min-X.js', 'ort.webgpu.min-X.js'];
const MANIFEST = JSON.parse(readFileSync('public/models/hivg-mini/manifest.json', 'utf8'));

let folder: string;
const put = (path: string, content: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};

/** A built page in small: its bundle has the shipped one's manifest over files of a few bytes. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hivg-precache-'));
  put('index.html', '<!doctype html>');
  put('service-worker.js', '(() => {})();\n');
  put('assets/index-X.js', 'page');
  for (const name of RUNTIME) for (const end of ['mjs', 'wasm']) put(`assets/ort-${name}.${end}`, name + end);
  for (const name of CHUNKS) put(`assets/${name}`, name);
  put(
    'models/index.json',
    JSON.stringify([
      { id: 'mini', url: 'models/mini/' },
      { id: 'own', url: 'models/own/' },
    ]),
  );
  put('models/own/manifest.json', '{}');
  const files = (MANIFEST.files as { path: string }[]).map(({ path }) => {
    put(`models/mini/${path}`, path);
    return { path, bytes: path.length, sha256: createHash('sha256').update(path).digest('hex') };
  });
  put('models/mini/manifest.json', JSON.stringify({ ...MANIFEST, files }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('every file of the page is listed once with its hash, by what it belongs to', () => {
  const entries = listFiles(folder);
  const groupsOf = (path: string) =>
    entries.filter((entry) => entry.path === path).map(({ groups }) => groups);
  expect(groupsOf('index.html')).toEqual([['shell']]);
  expect(groupsOf('assets/ort-wasm-simd-threaded-X.wasm')).toEqual([['runtime:wasm']]);
  expect(groupsOf('assets/ort-wasm-simd-threaded.jspi-X.mjs')).toEqual([['runtime:jspi']]);
  expect(groupsOf('assets/ort.webgpu.min-X.js')).toEqual([['runtime:asyncify']]);
  expect(groupsOf('models/mini/tokenizer.json')).toEqual([['model']]);
  expect(groupsOf('models/mini/int8/image.bin')).toEqual([['model:int8']]);
  expect(groupsOf('models/mini/manifest.json')).toEqual([['shell']]);
  // Itself, and a model that is not the one a visitor gets.
  expect(groupsOf('service-worker.js')).toEqual([]);
  expect(groupsOf('models/own/manifest.json')).toEqual([]);
  expect(entries.find(({ path }) => path === 'assets/index-X.js')).toEqual({
    path: 'assets/index-X.js',
    bytes: 4,
    sha256: createHash('sha256').update('page').digest('hex'),
    groups: ['shell'],
  });
});

test('the list stands before the code and is replaced, not repeated; the version follows every file', () => {
  const first = writeServiceWorker(folder);
  expect(writeServiceWorker(folder)).toEqual(first);
  const text = readFileSync(join(folder, 'service-worker.js'), 'utf8');
  expect(text.match(/hivgPrecache/g)).toHaveLength(1);
  expect(text.endsWith('(() => {})();\n')).toBe(true);
  put('assets/index-X.js', 'PAGE');
  expect(writeServiceWorker(folder).version).not.toBe(first.version);
});

test.each([
  ['a file of the model', 'models/mini/tokenizer.json'],
  ['a file of a runtime', 'assets/ort-wasm-simd-threaded.jspi-X.wasm'],
  ['the list of models', 'models/index.json'],
  ['the page', 'index.html'],
])('%s that is missing fails by its name', (_, path) => {
  rmSync(join(folder, path));
  expect(() => listFiles(folder)).toThrow(path.includes('jspi') ? /jspi/ : path);
});

test('a file of the model that is not its manifest’s fails by its name', () => {
  put('models/mini/tokenizer.json', 'changed');
  expect(() => listFiles(folder)).toThrow(/models\/mini\/tokenizer\.json is not the file/);
});
