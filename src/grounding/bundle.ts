// A bundle: the folder that holds a converted network. Its manifest says what it is, where it comes from and what every
// file must hash to; nothing of a bundle is used before the manifest has been checked against this schema.

import * as v from 'valibot';
import type { Precision } from '../hivg/precision.ts';
import { PRECISIONS } from '../hivg/precision.ts';
import { sha256Of } from './sha256.ts';

export const MANIFEST_FILE = 'manifest.json';
export const FORMAT_VERSION = 2;

export type BundleErrorCode =
  | 'bad-manifest' // not JSON, not of the schema, or at odds with itself
  | 'missing-file' // a file that the manifest or a caller names is not there
  | 'wrong-hash' // a file's size or SHA-256 is not the manifest's
  | 'wrong-graph' // a graph lacks what this version reads from it
  | 'no-precision'; // the bundle has nothing that runs where it is asked to run

/** A bundle that can't be used; the message names the file or the field. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly code: BundleErrorCode;
  constructor(code: BundleErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const size = v.pipe(v.number(), v.integer(), v.minValue(1));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal'));

/** A path inside the bundle: no way out of it. */
const path = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, 'is not a path inside the bundle'),
);

const tower = { width: size, layers: size, heads: size, mlp: size };

const architecture = v.object({
  model: v.string(),
  dataset: v.string(),
  side: size,
  patch: size,
  grid: size,
  vision: v.object(tower),
  text: v.object({ ...tower, vocabulary: size, context: size }),
  projection: size,
  bridgedLayers: v.array(count),
  visionStates: v.array(count),
  textStates: v.array(count),
  mixup: v.boolean(),
  adaptiveWeights: v.boolean(),
  grounding: v.object({ ...tower, normalizeBefore: v.boolean() }),
  tokenMlp: size,
});

const perGraph = <T extends v.GenericSchema>(schema: T) =>
  v.object({ text: schema, patches: schema, image: schema, dense: schema });
const graphPaths = perGraph(path);
const weightPaths = perGraph(v.array(path));

/** Largest absolute difference from fp32 over the probe inputs, by output; box in fractions of the padded square. */
const errorByOutput = v.record(v.string(), v.number());

const precision = v.object({
  graphs: v.object({ float32: v.optional(graphPaths), float16: v.optional(graphPaths) }),
  weights: weightPaths,
  bytes: size,
  error: v.optional(v.object({ float32: v.optional(errorByOutput), float16: v.optional(errorByOutput) })),
});

/** What kind of pictures a model was trained on: one that has seen drawings alone says little about a photograph. */
export const PICTURE_KINDS = ['drawings', 'photographs'] as const;
export type PictureKind = (typeof PICTURE_KINDS)[number];

const manifestSchema = v.object({
  formatVersion: v.literal(
    FORMAT_VERSION,
    `is not ${FORMAT_VERSION}, the one this version of hivg-web reads: convert the checkpoint again`,
  ),
  name: v.pipe(v.string(), v.minLength(1)),
  title: v.optional(v.string()),
  architecture,
  licence: v.string(),
  provenance: v.object({
    source: v.string(),
    bytes: size,
    sha256,
    converter: v.string(),
    parameters: size,
    wraps: count,
    adapters: count,
    naming: v.string(),
  }),
  /** For people to read. */
  trainedOn: v.string(),
  /** Left out where it is not known. */
  pictures: v.optional(v.picklist(PICTURE_KINDS, `is none of ${PICTURE_KINDS.join(', ')}`)),
  /** Accuracy in percent, or another figure, by the name of what was measured. */
  scored: v.record(v.string(), v.number()),
  tokenizer: path,
  words: v.optional(path),
  /** fp32's boxes on the probe inputs (cx cy w h), by which a machine can be found out that computes wrongly. */
  probeBoxes: v.optional(v.array(v.tuple([v.number(), v.number(), v.number(), v.number()]))),
  precisions: v.pipe(
    v.partial(v.object(Object.fromEntries(PRECISIONS.map((name) => [name, precision])))),
    v.check((value) => Object.keys(value).length > 0, 'names no precision'),
  ),
  files: v.array(v.object({ path, bytes: count, sha256 })),
});

type Parsed = v.InferOutput<typeof manifestSchema>;
export type PrecisionManifest = v.InferOutput<typeof precision>;
export type Manifest = Omit<Parsed, 'precisions'> & {
  readonly precisions: Partial<Record<Precision, PrecisionManifest>>;
};

/**
 * @param json the parsed `manifest.json`
 * @throws {BundleError} `bad-manifest`, naming the field
 */
export function parseManifest(json: unknown): Manifest {
  const parsed = v.safeParse(manifestSchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue) ?? 'it';
    throw new BundleError('bad-manifest', `The bundle's manifest cannot be used: ${field} ${issue.message}`);
  }
  const manifest = parsed.output as Manifest;
  const listed = new Set(manifest.files.map((file) => file.path));
  for (const used of usedFiles(manifest)) {
    if (!listed.has(used)) {
      throw new BundleError('bad-manifest', `The bundle's manifest uses '${used}' and gives no hash for it.`);
    }
  }
  return manifest;
}

function usedFiles(manifest: Manifest): string[] {
  const files = [manifest.tokenizer];
  if (manifest.words) files.push(manifest.words);
  for (const { graphs, weights } of Object.values(manifest.precisions)) {
    for (const paths of [graphs.float32, graphs.float16]) if (paths) files.push(...Object.values(paths));
    files.push(...Object.values(weights).flat());
  }
  return files;
}

/** Reads a bundle's files, from wherever it lies. */
export interface BundleReader {
  /** The bytes of a file. Rejects with a `BundleError` `missing-file` that names it where there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * A file of the bundle, checked against the manifest's size and SHA-256.
 *
 * @throws {BundleError} `wrong-hash`, naming the file
 */
export async function readChecked(
  reader: BundleReader,
  manifest: Manifest,
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await reader.read(file);
  await checkFile(manifest, file, bytes);
  return bytes;
}

/** Compares bytes with what the manifest says of `file`. Throws `wrong-hash`, naming it. */
export async function checkFile(
  manifest: Manifest,
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const expected = manifest.files.find((entry) => entry.path === file);
  if (!expected) throw new BundleError('missing-file', `The bundle has no file '${file}'.`);
  if (bytes.byteLength !== expected.bytes) {
    throw new BundleError(
      'wrong-hash',
      `'${file}' has ${bytes.byteLength} bytes, not the ${expected.bytes} its manifest promises: the download was cut or the file changed.`,
    );
  }
  if ((await sha256Of(bytes)) !== expected.sha256) {
    throw new BundleError(
      'wrong-hash',
      `'${file}' is not the file its manifest describes: its SHA-256 differs.`,
    );
  }
}

/** JSON in a checked file. */
export async function readCheckedJson(
  reader: BundleReader,
  manifest: Manifest,
  file: string,
): Promise<unknown> {
  const text = new TextDecoder().decode(await readChecked(reader, manifest, file));
  try {
    return JSON.parse(text);
  } catch {
    throw new BundleError('bad-manifest', `'${file}' of the bundle is not JSON.`);
  }
}
