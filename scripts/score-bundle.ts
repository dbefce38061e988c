// Scores a bundle on a split in the original's form (PNG images, `<dataset>_<split>.pth`) by the path that the page
// takes, and writes the accuracies into its manifest: npx tsx scripts/score-bundle.ts BUNDLE SPLIT.pth IMAGES "NAME"
// Accuracy is the share of pairs whose box and the true one overlap with IoU ≥ 0.5, in percent.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileSource } from '../cli/file-source.ts';
import { folderReader, readManifest } from '../cli/folder-bundle.ts';
import { readImage } from '../cli/image.ts';
import { nodeRuntime } from '../cli/node-runtime.ts';
import { boxInImage, iou } from '../src/grounding/boxes.ts';
import { MANIFEST_FILE, type Manifest } from '../src/grounding/bundle.ts';
import { openTokenizer } from '../src/grounding/bundle-tokenizer.ts';
import { Grounder } from '../src/grounding/ground.ts';
import { preprocess } from '../src/grounding/preprocess.ts';
import { PRECISIONS } from '../src/hivg/precision.ts';
import { openTorchFile, PyTuple, type TorchValue } from '../src/torch/torch-file.ts';

interface Pair {
  readonly file: string;
  readonly box: ReturnType<typeof boxInImage>;
  readonly expression: string;
}

/** A row `(image file, size, [x, y, w, h], expression, mask)`. */
function pairOf(row: TorchValue): Pair {
  const items = row instanceof PyTuple ? row.items : [];
  const [file, , box, expression] = items;
  if (typeof file !== 'string' || typeof expression !== 'string' || !Array.isArray(box)) {
    throw new Error('The split has a row that is not (image, size, [x, y, w, h], expression, …).');
  }
  const [x, y, w, h] = box.map(Number) as [number, number, number, number];
  return { file, expression, box: boxInImage(x, y, x + w, y + h) };
}

async function readPairs(path: string): Promise<Pair[]> {
  const source = await openFileSource(path);
  try {
    const root = await openTorchFile(source);
    if (!Array.isArray(root)) throw new Error(`${path} holds no list.`);
    return root.map(pairOf);
  } finally {
    await source.close();
  }
}

async function accuracy(
  folder: string,
  manifest: Manifest,
  precision: (typeof PRECISIONS)[number],
  pairs: Pair[],
  images: string,
): Promise<number> {
  const grounder = await Grounder.open(manifest, nodeRuntime(folder), precision);
  const tokenizer = await openTokenizer(folderReader(folder), manifest);
  const { side, patch } = manifest.architecture;
  let hits = 0;
  for (const pair of pairs) {
    const image = preprocess(await readImage(join(images, pair.file)), side, patch);
    const grounding = await grounder.ground(image, tokenizer.encode(pair.expression));
    if (iou(grounding.box, pair.box) >= 0.5) hits++;
    grounding.dispose();
  }
  await grounder.release();
  return Math.round((1000 * hits) / pairs.length) / 10;
}

const [folder, split, images, name] = process.argv.slice(2);
if (!folder || !split || !images || !name) {
  process.stderr.write('Usage: npx tsx scripts/score-bundle.ts BUNDLE SPLIT.pth IMAGES "NAME"\n');
  process.exit(1);
}
const manifest = await readManifest(folder);
const pairs = await readPairs(split);
const scored: Record<string, number> = {};
for (const precision of PRECISIONS.filter((candidate) => manifest.precisions[candidate])) {
  const score = await accuracy(folder, manifest, precision, pairs, images);
  scored[`${name}, ${precision}`] = score;
  process.stdout.write(`${precision}: ${score} % of ${pairs.length} pairs at IoU 0.5\n`);
}
const path = join(folder, MANIFEST_FILE);
const json = JSON.parse(await readFile(path, 'utf8')) as Manifest;
await writeFile(
  `${path}.tmp`,
  `${JSON.stringify({ ...json, scored: { ...json.scored, ...scored } }, null, 1)}\n`,
);
await rename(`${path}.tmp`, path);
