// Reference cases in a browser: a fixture's checkpoint is fetched, converted in memory, run on a provider, and every
// case's outputs are held against the original's. For tests; nothing of it ships.

import type { BundleReader, Manifest } from '../../src/grounding/bundle.ts';
import { BundleError } from '../../src/grounding/bundle.ts';
import { clipTokenizerJson } from '../../src/grounding/clip-tokenizer-json.ts';
import { Grounder } from '../../src/grounding/ground.ts';
import { openCheckpoint } from '../../src/grounding/open-checkpoint.ts';
import { preprocess } from '../../src/grounding/preprocess.ts';
import { readSafetensors } from '../../src/grounding/safetensors.ts';
import { sha256Of } from '../../src/grounding/sha256.ts';
import type { Difference, ReferenceRounding } from '../../src/grounding/testing/parity.ts';
import { differences, outputsOf, withRollouts } from '../../src/grounding/testing/parity.ts';
import { createTokenizer } from '../../src/grounding/tokenizer.ts';
import { writeBundle } from '../../src/grounding/write-bundle.ts';
import { parseClipConfig } from '../../src/hivg/config.ts';
import type { BundleSink } from '../../src/hivg/convert.ts';
import type { Precision } from '../../src/hivg/precision.ts';
import { blobSource } from '../../src/torch/byte-source.ts';
import { pixelsOf } from '../pixels.ts';
import { webRuntime } from '../web-runtime.ts';

export type Provider = Parameters<typeof webRuntime>[2];

async function fixture(path: string): Promise<Blob> {
  const response = await fetch(`/fixtures/${path}`);
  if (!response.ok) throw new Error(`There is no fixture ${path}.`);
  return response.blob();
}

async function fixtureJson<Shape>(path: string): Promise<Shape> {
  return JSON.parse(await (await fixture(path)).text()) as Shape;
}

async function fixtureTensors(path: string) {
  return readSafetensors(new Uint8Array(await (await fixture(path)).arrayBuffer())).tensors;
}

/** A bundle in memory. */
function memoryBundle(): BundleSink & BundleReader {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    async file(path) {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      return {
        write: async (bytes) => void parts.push(bytes.slice()),
        async close() {
          const all = new Uint8Array(await new Blob(parts).arrayBuffer());
          files.set(path, all);
          return { bytes: all.byteLength, sha256: await sha256Of(all) };
        },
      };
    },
    async read(path) {
      const bytes = files.get(path);
      if (!bytes) throw new BundleError('missing-file', `There is no '${path}'.`);
      return bytes;
    },
  };
}

async function convert(
  variant: string,
  sizes: string,
  precision: Precision,
  sink: BundleSink,
): Promise<Manifest> {
  const clipConfig = parseClipConfig(await fixtureJson(`${sizes}/clip-config.json`));
  const checkpoint = await openCheckpoint(
    blobSource(await fixture(`${variant}/best_checkpoint.pth`)),
    clipConfig,
  );
  return writeBundle(
    {
      checkpoint,
      precisions: [precision],
      description: {
        name: variant,
        licence: 'test',
        trainedOn: 'nothing',
        source: { name: variant, bytes: 1, sha256: '0'.repeat(64) },
      },
    },
    { sink },
  );
}

export interface CaseDifference extends Difference {
  readonly case: number;
}

/** Runs the first `count` cases of a variant in fp32 and compares every output that the reference holds. */
export async function compareWithReference(
  variant: string,
  on: Provider,
  count = Infinity,
): Promise<CaseDifference[]> {
  const sizes = variant.replace('-newer-peft', '');
  const bundle = memoryBundle();
  const manifest = await convert(variant, sizes, 'fp32', bundle);
  const { side, patch, text } = manifest.architecture;
  const grounder = await Grounder.open(manifest, await webRuntime(bundle, manifest, on), 'fp32');
  const tokenizer = createTokenizer(await clipTokenizerJson(), text.context);
  const { cases } = await fixtureJson<{ cases: { image: string; expression: string }[] }>(
    `${sizes}/case.json`,
  );
  const tensors = withRollouts(
    await fixtureTensors(`${sizes}/expected.safetensors`),
    await fixtureTensors('reference-rollout.safetensors'),
    sizes,
  );
  const rounding = await fixtureJson<Record<string, ReferenceRounding>>('reference-rounding.json');
  const found: CaseDifference[] = [];
  try {
    for (const [index, { image, expression }] of cases.slice(0, count).entries()) {
      const bitmap = await createImageBitmap(await fixture(`images/${image}`), {
        colorSpaceConversion: 'none',
      });
      const outputs = await outputsOf(
        grounder,
        preprocess(pixelsOf(bitmap), side, patch),
        tokenizer.encode(expression),
      );
      for (const difference of differences(outputs, tensors, index, rounding[sizes] ?? {})) {
        found.push({ ...difference, case: index });
      }
    }
  } finally {
    await grounder.release();
  }
  return found;
}
