// Writes the service worker of a folder that is served: in its first line the list of all files that the page needs
// without a network, with their SHA-256. The build does so for `dist`; a folder in which files were changed or models
// exchanged has to be gone over again: `npx tsx scripts/precache.ts FOLDER`.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Manifest } from '../src/grounding/bundle.ts';
import { MANIFEST_FILE, parseManifest } from '../src/grounding/bundle.ts';
import type { PrecacheEntry, PrecacheGroup, PrecacheList } from '../workers/offline/precache-list.ts';

export const SERVICE_WORKER = 'service-worker.js';

/** ONNX Runtime's builds: its WebAssembly with the script beside it, and the chunk that the worker imports. */
const RUNTIMES: readonly (readonly [RegExp, PrecacheGroup])[] = [
  [/\/ort(?:-wasm-simd-threaded)?\.asyncify[.-]|\/ort\.webgpu\./, 'runtime:asyncify'],
  [/\/ort(?:-wasm-simd-threaded)?\.jspi[.-]/, 'runtime:jspi'],
  [/\/ort-wasm-simd-threaded-|\/ort\.wasm\./, 'runtime:wasm'],
];

/** What is in the folder and is not the page's: said here, so that everything else is listed without being named. */
const NOT_THE_PAGE = /(?:^|\/)\.|\.map$|^serve\.(?:mjs|py)$|^README\.txt$/;

/** @throws {Error} that names what is missing, where the page could not do without a network by this list */
export function listFiles(folder: string): PrecacheEntry[] {
  const model = bundledModel(folder);
  const entries = walk(folder).flatMap((path): PrecacheEntry[] => {
    if (path === SERVICE_WORKER || NOT_THE_PAGE.test(path)) return [];
    const bundled = path.startsWith(model.base) ? path.slice(model.base.length) : null;
    // Other models are kept when they are used.
    if (bundled === null && /^models\/.+\//.test(path)) return [];
    const bytes = readFileSync(join(folder, path));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = { path, bytes: bytes.byteLength, sha256 };
    if (bundled === null || bundled === MANIFEST_FILE) return [{ ...file, groups: groupsOf(path) }];
    const inManifest = model.manifest.files.find((each) => each.path === bundled);
    if (!inManifest) return [];
    if (inManifest.sha256 !== sha256) {
      throw new Error(`${path} is not the file that its manifest describes: its SHA-256 differs.`);
    }
    return [{ ...file, groups: modelGroups(model.manifest, bundled), bundle: true }];
  });
  for (const needed of [
    'index.html',
    `${model.base}${MANIFEST_FILE}`,
    ...model.manifest.files.map(({ path }) => model.base + path),
  ]) {
    if (!entries.some(({ path }) => path === needed)) throw new Error(`${needed} is missing in ${folder}.`);
  }
  for (const [, group] of RUNTIMES) {
    const kinds = entries
      .filter(({ groups }) => groups.includes(group))
      .map(({ path }) => posix.extname(path));
    if (['.js', '.mjs', '.wasm'].some((kind) => !kinds.includes(kind))) {
      throw new Error(`ONNX Runtime's files for ${group} are not all in ${folder}.`);
    }
  }
  return entries;
}

/** Puts the list in front of the service worker, in place of one that is there. */
export function writeServiceWorker(folder: string): PrecacheList {
  const file = join(folder, SERVICE_WORKER);
  const code = readFileSync(file, 'utf8').replace(/^self\.hivgPrecache=.*\n/, '');
  const entries = listFiles(folder);
  const version = createHash('sha256')
    .update(code)
    .update(JSON.stringify(entries))
    .digest('hex')
    .slice(0, 16);
  const list: PrecacheList = { version, entries };
  writeFileSync(file, `self.hivgPrecache=${JSON.stringify(list)};\n${code}`);
  return list;
}

function groupsOf(path: string): PrecacheGroup[] {
  const [, runtime] = RUNTIMES.find(([pattern]) => pattern.test(`/${path}`)) ?? [];
  return [runtime ?? 'shell'];
}

function modelGroups(manifest: Manifest, path: string): PrecacheGroup[] {
  const groups = Object.entries(manifest.precisions)
    .filter(([, { graphs, weights }]) =>
      [graphs.float32, graphs.float16, weights].some((files) =>
        Object.values(files ?? {})
          .flat()
          .includes(path),
      ),
    )
    .map(([precision]): PrecacheGroup => `model:${precision}`);
  return groups.length === 0 ? ['model'] : groups;
}

/** The first model of the list: the one that a visitor gets who asks for none. */
function bundledModel(folder: string): { base: string; manifest: Manifest } {
  const index = join(folder, 'models', 'index.json');
  if (!existsSync(index)) throw new Error(`models/index.json is missing in ${folder}.`);
  const [first] = JSON.parse(readFileSync(index, 'utf8')) as { url: string }[];
  if (!first) throw new Error('models/index.json names no model.');
  const base = `${posix.normalize(first.url).replace(/\/$/, '')}/`;
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, base, MANIFEST_FILE), 'utf8')));
  return { base, manifest };
}

/** Paths of all files under a folder, relative to it, with slashes, sorted. */
export function walk(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) =>
      posix.join(each.parentPath.slice(folder.length).replaceAll('\\', '/'), each.name).replace(/^\//, ''),
    )
    .sort();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder] = process.argv.slice(2);
  if (!folder || !existsSync(join(folder, SERVICE_WORKER))) {
    console.error(
      'Usage: tsx scripts/precache.ts FOLDER, where FOLDER is a built page with its service-worker.js',
    );
    process.exitCode = 1;
  } else {
    const { version, entries } = writeServiceWorker(folder);
    console.log(`${entries.length} files, version ${version}`);
  }
}
