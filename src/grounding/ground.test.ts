import { readFileSync } from 'node:fs';
import type { InferenceSession } from 'onnxruntime-common';
import { Tensor } from 'onnxruntime-common';
import { expect, test } from 'vitest';
import { parseManifest } from './bundle.ts';
import { Grounder } from './ground.ts';
import type { Runtime } from './session.ts';

const manifest = parseManifest(
  JSON.parse(readFileSync(new URL('../../public/models/hivg-mini/manifest.json', import.meta.url), 'utf8')),
);
const text = ['text_tokens', 'text_embedding'].concat(
  manifest.architecture.bridgedLayers.flatMap((layer) => [`bridge_keys_${layer}`, `bridge_values_${layer}`]),
);
const patches = ['patch_states', 'cls_attention_before'];
const image = ['box', 'logit', 'reg_attention', 'visual_tokens', 'cls_attention'].concat(
  manifest.architecture.bridgedLayers.map((layer) => `word_attention_${layer}`),
);

/** A runtime whose sessions give these outputs and remember being released; nothing can be run on it. */
function runtimeWith(image: readonly string[]) {
  const released: string[] = [];
  const runtime: Runtime = {
    provider: 'wasm',
    float16: false,
    Tensor,
    createSession: ({ model }) => {
      const outputNames = model.includes('text') ? text : model.includes('patches') ? patches : image;
      const release = async () => void released.push(model);
      return Promise.resolve({ outputNames, release } as unknown as InferenceSession);
    },
  };
  return { runtime, released };
}

test('a bundle whose graphs give all that is read opens', async () => {
  const { runtime, released } = runtimeWith(image);
  const grounder = await Grounder.open(manifest, runtime);
  expect(released).toEqual([]);
  await grounder.release();
  expect(released).toHaveLength(3);
});

test('a graph that lacks an output is refused by name, and nothing stays open', async () => {
  const { runtime, released } = runtimeWith(image.filter((name) => name !== 'cls_attention'));
  await expect(Grounder.open(manifest, runtime)).rejects.toMatchObject({
    name: 'BundleError',
    code: 'wrong-graph',
    message: expect.stringMatching(/int8\/image\S* does not give cls_attention\. Convert/),
  });
  expect(released).toHaveLength(3);
});
