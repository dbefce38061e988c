// Parity on WebAssembly in a real browser: every reference variant is converted in the page and run there.

import { expect, test } from 'vitest';
import { compareWithReference } from './testing/reference-in-browser.ts';

const VARIANTS = [
  'base-unc-stage0',
  'base-unc+-stage3',
  'base-unc+-stage3-newer-peft',
  'base-gref_umd-stage1',
  'base-mixup-stage3',
  'base32-unc-stage0',
  'large-flickr-warmup',
  'large-referit-stage2',
  'large336-unc-stage0',
];

for (const variant of VARIANTS) {
  test(`${variant} gives the original's outputs on wasm, converted in the page`, async () => {
    const differences = await compareWithReference(variant, { provider: 'wasm', threads: 1 });
    expect(differences.length).toBeGreaterThanOrEqual(6);
    const beyond = differences.filter(({ error, limit }) => !(error <= limit));
    expect(beyond).toEqual([]);
  });
}
