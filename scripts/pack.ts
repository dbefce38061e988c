// `npm run pack`: a folder to carry, and the same as a zip: the page, chosen models, a server of one file for Node and one
// for Python. It runs from a USB stick, without a network and without anything installed but one of the two.
//
//   npm run pack -- [--model BUNDLE …] [--out FOLDER] [--no-zip]
//
// BUNDLE is a folder that `hivg convert` wrote, or the name of one under public/models; the first loads by itself. Left
// out: the models of public/models/index.json.

import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Zip, ZipDeflate } from 'fflate';
import { build } from 'vite';
import { BundleError, MANIFEST_FILE, type Manifest, parseManifest } from '../src/grounding/bundle.ts';
import { walk, writeServiceWorker } from './precache.ts';
import { ROOT } from './programs.mjs';

const BESIDE = join(ROOT, 'scripts', 'pack');
const MODELS = join(ROOT, 'public', 'models');

interface Chosen {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** @throws {Error} that names the folder, where there is no bundle in it */
function bundleAt(named: string): Chosen {
  const folder = [resolve(named), join(MODELS, named)].find((each) => existsSync(join(each, MANIFEST_FILE)));
  if (!folder)
    throw new Error(
      `There is no bundle at ${named}: no ${MANIFEST_FILE} in it, nor in public/models/${named}.`,
    );
  try {
    const manifest = parseManifest(JSON.parse(readFileSync(join(folder, MANIFEST_FILE), 'utf8')));
    return { folder, manifest };
  } catch (error) {
    throw new Error(
      `${folder}: ${error instanceof BundleError ? error.message : 'its manifest is not JSON.'}`,
    );
  }
}

/** The folder's files by their paths, as a zip under a folder of its own name. */
async function zip(folder: string, file: string): Promise<void> {
  const output = createWriteStream(file);
  const written = new Promise<void>((done, failed) => output.on('finish', done).on('error', failed));
  const archive = new Zip((error, chunk, last) => {
    if (error) output.destroy(error);
    else output.write(chunk);
    if (last) output.end();
  });
  for (const path of walk(folder)) {
    const each = new ZipDeflate(`${basename(folder)}/${path}`, { level: 6 });
    archive.add(each);
    each.push(readFileSync(join(folder, path)), true);
  }
  archive.end();
  await written;
}

async function pack(models: readonly Chosen[], out: string, zipped: boolean): Promise<void> {
  const unfinished = `${out}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    await build({ root: ROOT, logLevel: 'warn', build: { outDir: unfinished, emptyOutDir: true } });
    rmSync(join(unfinished, 'models'), { recursive: true });
    const index = models.map(({ folder, manifest: { name, title, files } }) => {
      const target = join(unfinished, 'models', name);
      for (const path of [MANIFEST_FILE, ...files.map((file) => file.path)]) {
        cpSync(join(folder, path), join(target, path));
      }
      return { id: name, url: `models/${name}/`, ...(title === undefined ? {} : { title }) };
    });
    writeFileSync(join(unfinished, 'models', 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
    cpSync(BESIDE, unfinished, { recursive: true });
    // The models are others than the build's.
    writeServiceWorker(unfinished);
    rmSync(out, { recursive: true, force: true });
    renameSync(unfinished, out);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  console.log(`Packed ${models.map(({ manifest }) => manifest.name).join(', ')} into ${out}`);
  if (!zipped) return;
  await zip(out, `${out}.zip`);
  console.log(`and ${out}.zip`);
}

try {
  const { values } = parseArgs({
    options: {
      model: { type: 'string', multiple: true },
      out: { type: 'string', default: join(ROOT, 'packed', 'hivg-web') },
      zip: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const listed = () =>
    (JSON.parse(readFileSync(join(MODELS, 'index.json'), 'utf8')) as { id: string }[]).map(({ id }) => id);
  const models = (values.model ?? listed()).map(bundleAt);
  const [twice] = models
    .map(({ manifest }) => manifest.name)
    .filter((name, i, all) => all.indexOf(name) !== i);
  if (twice) throw new Error(`Two of the models are called ${twice}.`);
  const out = resolve(values.out);
  if (existsSync(out) && !existsSync(join(out, 'service-worker.js'))) {
    throw new Error(`${out} is there already and is no packed page; name another with --out.`);
  }
  await pack(models, out, values.zip);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
