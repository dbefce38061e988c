// Making a bundle: every precision asked for, the tokenizer, the error of each precision against fp32, the manifest
// last. Where it goes is the sink's matter; what measures is given from outside, since it needs a runtime.

import type { Checkpoint } from '../hivg/checkpoint.ts';
import type { BundleSink, ConversionProgress, WrittenFile } from '../hivg/convert.ts';
import { writePrecision } from '../hivg/convert.ts';
import { HivgError } from '../hivg/errors.ts';
import type { Activation, Precision } from '../hivg/precision.ts';
import type { Manifest, PictureKind, PrecisionManifest } from './bundle.ts';
import { FORMAT_VERSION, MANIFEST_FILE, parseManifest } from './bundle.ts';
import type { ClipTokenizerJson } from './clip-tokenizer-json.ts';
import type { ProbeAnswers } from './probe.ts';
import { probeError } from './probe.ts';

export const CONVERTER = 'hivg-web 0.1.0';

export interface BundleDescription {
  readonly name: string;
  readonly title?: string;
  readonly licence: string;
  readonly trainedOn: string;
  readonly pictures?: PictureKind;
  readonly source: { readonly name: string; readonly bytes: number; readonly sha256: string };
}

export interface BundleParts {
  readonly checkpoint: Checkpoint;
  readonly description: BundleDescription;
  readonly precisions: readonly Precision[];
  /** A tokenizer.json; CLIP's is used where the vocabulary is CLIP's and none is given. */
  readonly tokenizer?: unknown;
  /** Words seen in training, lower-case. */
  readonly words?: readonly string[];
}

export interface BundleSteps {
  readonly sink: BundleSink;
  readonly onWrite?: (precision: Precision, ...progress: Parameters<ConversionProgress>) => void;
  /** Answers the probe inputs with what has been written so far under `manifest`. Without it, no errors are noted. */
  readonly measure?: (
    manifest: Manifest,
    precision: Precision,
    activation: Activation,
  ) => Promise<ProbeAnswers>;
}

/**
 * Writes a bundle into an empty sink.
 *
 * @throws {HivgError} `missing-tokenizer`
 * @returns the manifest, as written
 */
export async function writeBundle(
  parts: BundleParts,
  { sink, onWrite, measure }: BundleSteps,
): Promise<Manifest> {
  const { checkpoint } = parts;
  const files: WrittenFile[] = [];
  const writeJson = async (path: string, value: unknown, indent?: number) => {
    const file = await sink.file(path);
    await file.write(new TextEncoder().encode(`${JSON.stringify(value, null, indent)}\n`));
    return { path, ...(await file.close()) };
  };
  files.push(await writeJson('tokenizer.json', await tokenizerFor(parts)));
  if (parts.words) files.push(await writeJson('words.json', parts.words));
  // fp32 is what errors are measured against: it is written for that even where nobody asked to keep it.
  const wanted = new Set(parts.precisions);
  const order: Precision[] = measure
    ? ['fp32', ...parts.precisions.filter((name) => name !== 'fp32')]
    : [...wanted];
  const precisions: Manifest['precisions'] = {};
  for (const precision of order) {
    const written = await writePrecision(checkpoint, precision, sink, (...progress) =>
      onWrite?.(precision, ...progress),
    );
    files.push(...written.files);
    precisions[precision] = {
      ...written.layout,
      bytes: written.files.reduce((sum, file) => sum + file.bytes, 0),
    };
  }
  const draft: Manifest = { ...manifestHead(parts), precisions, files };
  const measured = measure ? await withErrors(draft, measure) : draft;
  const kept = Object.fromEntries(
    Object.entries(measured.precisions).filter(([name]) => wanted.has(name as Precision)),
  );
  const manifest: Manifest = {
    ...measured,
    precisions: kept,
    files: files.filter(({ path }) => wanted.has('fp32') || !path.startsWith('fp32/')),
  };
  parseManifest(structuredClone(manifest));
  await writeJson(MANIFEST_FILE, manifest, 1);
  return manifest;
}

/** Each precision's probe error in each activation type. fp32 is run once and is the measure of the others. */
async function withErrors(draft: Manifest, measure: NonNullable<BundleSteps['measure']>): Promise<Manifest> {
  const reference = await measure(draft, 'fp32', 'float32');
  const precisions: Manifest['precisions'] = {};
  for (const [name, entry] of Object.entries(draft.precisions) as [Precision, PrecisionManifest][]) {
    const error: NonNullable<PrecisionManifest['error']> = {};
    for (const activation of Object.keys(entry.graphs) as Activation[]) {
      const answers = name === 'fp32' ? reference : await measure(draft, name, activation);
      error[activation] = probeError(answers, reference);
    }
    precisions[name] = { ...entry, error };
  }
  const probeBoxes = (reference.box ?? []).map((box) => Array.from(box) as [number, number, number, number]);
  return { ...draft, precisions, probeBoxes };
}

function manifestHead({
  checkpoint,
  description,
  words,
}: BundleParts): Omit<Manifest, 'precisions' | 'files'> {
  const { source, title, ...rest } = description;
  const { parameters, wraps, adapters, naming } = checkpoint.summary;
  return {
    formatVersion: FORMAT_VERSION,
    ...rest,
    ...(title === undefined ? {} : { title }),
    architecture: structuredClone(checkpoint.config) as Manifest['architecture'],
    provenance: {
      source: source.name,
      bytes: source.bytes,
      sha256: source.sha256,
      converter: CONVERTER,
      parameters,
      wraps,
      adapters,
      naming,
    },
    scored: {},
    tokenizer: 'tokenizer.json',
    ...(words ? { words: 'words.json' } : {}),
  };
}

/** The bundle's tokenizer: the given one, or CLIP's, whose vocabulary is only loaded when it is needed. */
async function tokenizerFor({ checkpoint, tokenizer }: BundleParts): Promise<unknown> {
  if (tokenizer !== undefined) return tokenizer;
  const { CLIP_VOCABULARY, clipTokenizerJson } = await import('./clip-tokenizer-json.ts');
  const { vocabulary } = checkpoint.config.text;
  if (vocabulary !== CLIP_VOCABULARY) {
    throw new HivgError(
      'missing-tokenizer',
      `The checkpoint's vocabulary has ${vocabulary} tokens, not CLIP's ${CLIP_VOCABULARY}: its tokenizer.json is needed beside it.`,
    );
  }
  const json: ClipTokenizerJson = await clipTokenizerJson();
  return json;
}
