// The tokenizer of a bundle, with the words its model has seen: the same for the command line and the worker.

import type { BundleReader, Manifest } from './bundle.ts';
import { BundleError, readCheckedJson } from './bundle.ts';
import type { Tokenizer } from './tokenizer.ts';
import { createTokenizer } from './tokenizer.ts';

/** @throws {BundleError} for a file that is missing, changed or no list of words; what `createTokenizer` throws */
export async function openTokenizer(reader: BundleReader, manifest: Manifest): Promise<Tokenizer> {
  const json = await readCheckedJson(reader, manifest, manifest.tokenizer);
  const { words } = manifest;
  const known = words && new Set(parseWordList(await readCheckedJson(reader, manifest, words), words));
  return createTokenizer(json, manifest.architecture.text.context, known || undefined);
}

/** A `words.json`: a list of words, lower-case. Throws a `BundleError` `bad-manifest` that names `file`. */
export function parseWordList(json: unknown, file: string): string[] {
  if (!Array.isArray(json) || !json.every((word) => typeof word === 'string')) {
    throw new BundleError('bad-manifest', `${file} is not a list of words.`);
  }
  return json;
}
