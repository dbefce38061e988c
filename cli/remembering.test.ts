/**
 * A grounder computes what depends on the image alone once an image, and what depends on the words once an expression,
 * and gives the same answers as one that remembers nothing. On a network whose first bridge is in its fifth layer.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTokenizer } from '../src/grounding/bundle-tokenizer.ts';
import type { Grounding } from '../src/grounding/ground.ts';
import { DisposedError, Grounder } from '../src/grounding/ground.ts';
import type { Preprocessed } from '../src/grounding/preprocess.ts';
import { preprocess } from '../src/grounding/preprocess.ts';
import type { Tokenizer } from '../src/grounding/tokenizer.ts';
import { folderReader } from './folder-bundle.ts';
import { readImage } from './image.ts';
import { nodeRuntime } from './node-runtime.ts';
import { fixture, ReferenceModel } from './testing/reference-model.ts';

let model: ReferenceModel;
let tokenizer: Tokenizer;
let grounder: Grounder;
let images: Preprocessed[];

const open = () => Grounder.open(model.manifest, nodeRuntime(model.folder), 'fp32');
const ground = (image: number, expression: string, by = grounder) =>
  by.ground(images[image] as Preprocessed, tokenizer.encode(expression));

beforeAll(async () => {
  model = await ReferenceModel.convert('large-referit-stage2', ['fp32']);
  tokenizer = await openTokenizer(folderReader(model.folder), model.manifest);
  const { side, patch } = model.manifest.architecture;
  images = await Promise.all(
    ['landscape_640x480.png', 'portrait_333x500.png'].map(async (name) =>
      preprocess(await readImage(fixture(`images/${name}`)), side, patch),
    ),
  );
  grounder = await open();
});
afterAll(async () => {
  await grounder?.release();
  model?.remove();
});

async function everything(grounding: Grounding) {
  return {
    box: grounding.boxInFrame,
    cls: Array.from((await grounding.clsAttention()).data),
    words: Array.from((await grounding.wordAttention()).data),
    similarity: Array.from((await grounding.dense()).tokenSimilarity.data),
  };
}

it('spares the image its own layers when the words alone are new, and answers as if it had not', async () => {
  expect((await ground(0, 'the left dog')).timings.patches).toBeGreaterThan(0);
  const again = await ground(0, 'a red car');
  expect(again.timings.patches).toBe(0);
  expect(again.timings.text).toBeGreaterThan(0);
  const forgetful = await open();
  expect(await everything(again)).toEqual(await everything(await ground(0, 'a red car', forgetful)));
  await forgetful.release();
});

it('spares the words when the image alone is new', async () => {
  await ground(0, 'the left dog');
  const other = await ground(1, 'the left dog');
  expect(other.timings.text).toBe(0);
  expect(other.timings.patches).toBeGreaterThan(0);
});

it('is told of an image before the words come', async () => {
  await grounder.look(images[0] as Preprocessed);
  expect((await ground(0, 'the left dog')).timings.patches).toBe(0);
  await grounder.look(images[1] as Preprocessed);
  expect((await ground(0, 'the left dog')).timings.patches).toBeGreaterThan(0);
});

it('leaves a grounding what it reads when another image has taken its place, until it is disposed of', async () => {
  const older = await ground(0, 'the left dog');
  const before = await older.clsAttention();
  const newer = await ground(1, 'the left dog');
  newer.dispose();
  newer.dispose();
  expect(await older.clsAttention()).toEqual(before);
  expect(before.shape[0]).toBe(model.manifest.architecture.vision.layers);
  older.dispose();
  await expect(older.clsAttention()).rejects.toThrow(DisposedError);
  expect((await ground(0, 'the left dog')).timings.patches).toBeGreaterThan(0);
});
