import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TINY } from '../hivg/testing/tiny-checkpoint.ts';
import { BundleError, parseManifest, readChecked, readCheckedJson } from './bundle.ts';

const BYTES = new TextEncoder().encode('{"a":1}');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

function manifest() {
  const graphs = {
    text: 'q8/text.onnx',
    patches: 'q8/patches.onnx',
    image: 'q8/image.onnx',
    dense: 'q8/dense.onnx',
  };
  const weights = {
    text: ['q8/text.bin'],
    patches: ['q8/patches.bin'],
    image: ['q8/image.bin'],
    dense: ['q8/image.bin'],
  };
  const paths = ['tokenizer.json', ...Object.values(graphs), 'q8/text.bin', 'q8/patches.bin', 'q8/image.bin'];
  return {
    formatVersion: 2,
    name: 'tiny',
    architecture: structuredClone(TINY) as typeof TINY,
    licence: 'Apache-2.0',
    provenance: {
      source: 'best_checkpoint.pth',
      bytes: 10,
      sha256: SHA256,
      converter: 'a test',
      parameters: 5,
      wraps: 0,
      adapters: 0,
      naming: 'none',
    },
    trainedOn: 'scenes',
    scored: {},
    tokenizer: 'tokenizer.json',
    precisions: { q8: { graphs: { float32: graphs }, weights, bytes: 7 } },
    files: paths.map((path) => ({ path, bytes: BYTES.length, sha256: SHA256 })),
  };
}

function refusal(json: unknown): { code: string; message: string } {
  try {
    parseManifest(json);
  } catch (error) {
    if (error instanceof BundleError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const reader = (bytes: Uint8Array<ArrayBuffer>) => ({ read: async () => bytes });

describe('a manifest', () => {
  it('may say which kind of pictures the model was trained on, and need not', () => {
    expect(parseManifest(manifest()).pictures).toBeUndefined();
    expect(parseManifest({ ...manifest(), pictures: 'drawings' }).pictures).toBe('drawings');
  });

  it('is read', () => {
    expect(parseManifest(manifest())).toMatchObject({ name: 'tiny', architecture: TINY });
  });

  it.each([
    ['formatVersion', { ...manifest(), formatVersion: 1 }],
    ['name', { ...manifest(), name: '' }],
    [
      'architecture.vision.heads',
      { ...manifest(), architecture: { ...TINY, vision: { ...TINY.vision, heads: 0 } } },
    ],
    ['provenance.sha256', { ...manifest(), provenance: { ...manifest().provenance, sha256: 'abc' } }],
    ['files.0.path', { ...manifest(), files: [{ path: '../x', bytes: 1, sha256: SHA256 }] }],
    ['precisions', { ...manifest(), precisions: {} }],
    ['pictures', { ...manifest(), pictures: 'films' }],
    ['trainedOn', { ...manifest(), trainedOn: undefined }],
  ])('is refused with the field named: %s', (field, json) => {
    const { code, message } = refusal(json);
    expect(code).toBe('bad-manifest');
    expect(message).toContain(`${field} `);
  });

  it('of an older version is refused with what to do', () => {
    expect(refusal({ ...manifest(), formatVersion: 1 }).message).toMatch(/convert the checkpoint again/);
  });

  it('is refused where it is no object', () => {
    expect(refusal('text').code).toBe('bad-manifest');
    expect(refusal(null).code).toBe('bad-manifest');
  });

  it.each([
    '../tokenizer.json',
    '/etc/passwd',
    'a/../../b',
    'a//b',
    '.hidden',
    'a\\b',
    'https://x/y',
    'C:/x',
  ])('may not name a file outside the bundle: %s', (path) => {
    const { code, message } = refusal({ ...manifest(), tokenizer: path });
    expect(code).toBe('bad-manifest');
    expect(message).toContain('tokenizer is not a path inside the bundle');
  });

  it('must give a hash for every file it uses', () => {
    const json = manifest();
    const files = json.files.filter(({ path }) => path !== 'q8/image.bin');
    expect(refusal({ ...json, files }).message).toContain("'q8/image.bin'");
  });
});

describe("a bundle's file", () => {
  it('is given when it is what the manifest promises', async () => {
    const read = await readCheckedJson(reader(BYTES), parseManifest(manifest()), 'tokenizer.json');
    expect(read).toEqual({ a: 1 });
  });

  it('is refused by name when its contents differ', async () => {
    const other = new TextEncoder().encode('{"a":2}');
    await expect(readChecked(reader(other), parseManifest(manifest()), 'q8/text.bin')).rejects.toMatchObject({
      code: 'wrong-hash',
      message: expect.stringContaining("'q8/text.bin'"),
    });
  });

  it('is refused by name when it was cut short', async () => {
    const cut = BYTES.slice(0, 3);
    await expect(readChecked(reader(cut), parseManifest(manifest()), 'q8/text.bin')).rejects.toMatchObject({
      code: 'wrong-hash',
      message: expect.stringMatching(/'q8\/text\.bin' has 3 bytes, not the 7/),
    });
  });

  it('is refused when the manifest does not list it', async () => {
    await expect(readChecked(reader(BYTES), parseManifest(manifest()), 'other')).rejects.toMatchObject({
      code: 'missing-file',
    });
  });
});
