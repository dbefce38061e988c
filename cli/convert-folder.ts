// A checkpoint file into a bundle folder: all of it or nothing. Everything is written into a temporary folder beside the
// target, which is renamed when the manifest is in place; a failure leaves nothing behind.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DATASET_INFO, isDataset } from '../src/evaluation/datasets.ts';
import type { Manifest, PictureKind } from '../src/grounding/bundle.ts';
import { openTokenizer, parseWordList } from '../src/grounding/bundle-tokenizer.ts';
import { Grounder } from '../src/grounding/ground.ts';
import { openCheckpoint } from '../src/grounding/open-checkpoint.ts';
import { probe } from '../src/grounding/probe.ts';
import type { Tokenizer } from '../src/grounding/tokenizer.ts';
import type { BundleSteps } from '../src/grounding/write-bundle.ts';
import { writeBundle } from '../src/grounding/write-bundle.ts';
import { parseClipConfig } from '../src/hivg/config.ts';
import type { Precision } from '../src/hivg/precision.ts';
import { CliError } from './errors.ts';
import { openFileSource } from './file-source.ts';
import { folderReader, folderSink } from './folder-bundle.ts';
import { nodeRuntime } from './node-runtime.ts';

export interface ConvertOptions {
  readonly checkpoint: string;
  readonly out: string;
  readonly precisions: readonly Precision[];
  readonly clipConfig?: string;
  readonly tokenizer?: string;
  readonly name?: string;
  readonly title?: string;
  readonly licence?: string;
  readonly trainedOn?: string;
  /** Left out: photographs, where the checkpoint names one of the original's datasets, else not said. */
  readonly pictures?: PictureKind;
  /** Leaves out the comparison with fp32. */
  readonly skipProbe?: boolean;
  readonly onHash?: (readBytes: number, totalBytes: number) => void;
  readonly onWrite?: NonNullable<BundleSteps['onWrite']>;
  readonly onProbe?: (precision: Precision, activation: string) => void;
}

/** @throws {CliError} for paths, and the typed errors of src/torch and src/hivg for what the checkpoint holds */
export async function convertToFolder(options: ConvertOptions): Promise<Manifest> {
  const out = resolve(options.out);
  if (await exists(out)) {
    throw new CliError(`${options.out} exists already. Give another --out, or remove it first.`);
  }
  const clipConfig = options.clipConfig ? parseClipConfig(await readJson(options.clipConfig)) : undefined;
  const file = await openFileSource(options.checkpoint);
  let temporary: string | null = null;
  try {
    const checkpoint = await openCheckpoint(file, clipConfig);
    const beside = dirname(resolve(options.checkpoint));
    const tokenizerFile = options.tokenizer ?? (await existing(join(beside, 'tokenizer.json')));
    const wordsFile = await existing(join(beside, 'words.json'));
    const tokenizer = tokenizerFile ? await readJson(tokenizerFile) : undefined;
    const words = wordsFile ? parseWordList(await readJson(wordsFile), wordsFile) : undefined;
    const { dataset } = checkpoint.config;
    const pictures = options.pictures ?? (isDataset(dataset) ? DATASET_INFO[dataset].pictures : undefined);
    await mkdir(dirname(out), { recursive: true });
    temporary = await mkdtemp(join(dirname(out), `.${basename(out)}-`));
    const folder = temporary;
    const manifest = await writeBundle(
      {
        checkpoint,
        precisions: options.precisions,
        ...(tokenizer === undefined ? {} : { tokenizer }),
        ...(words === undefined ? {} : { words }),
        description: {
          name: options.name ?? basename(out),
          ...(options.title === undefined ? {} : { title: options.title }),
          licence: options.licence ?? 'unspecified',
          trainedOn: options.trainedOn ?? (checkpoint.config.dataset || 'unspecified'),
          ...(pictures === undefined ? {} : { pictures }),
          source: {
            name: basename(options.checkpoint),
            bytes: file.size,
            sha256: await hashFile(options.checkpoint, file.size, options.onHash),
          },
        },
      },
      {
        sink: folderSink(folder),
        ...(options.onWrite ? { onWrite: options.onWrite } : {}),
        ...(options.skipProbe ? {} : { measure: measureIn(folder, options.onProbe) }),
      },
    );
    if (!manifest.precisions.fp32) await rm(join(folder, 'fp32'), { recursive: true, force: true });
    await rename(folder, out);
    temporary = null;
    return manifest;
  } finally {
    await file.close();
    if (temporary) await rm(temporary, { recursive: true, force: true });
  }
}

function measureIn(folder: string, onProbe: ConvertOptions['onProbe']): NonNullable<BundleSteps['measure']> {
  let tokenizer: Promise<Tokenizer> | undefined;
  return async (manifest, precision, activation) => {
    onProbe?.(precision, activation);
    tokenizer ??= openTokenizer(folderReader(folder), manifest);
    // Only the activation at hand is offered, so that the runtime takes it.
    const entry = manifest.precisions[precision];
    const only = { ...manifest, precisions: {} as Manifest['precisions'] };
    if (entry) only.precisions[precision] = { ...entry, graphs: { [activation]: entry.graphs[activation] } };
    const grounder = await Grounder.open(only, nodeRuntime(folder, { lean: true }), precision);
    try {
      return await probe(grounder, await tokenizer);
    } finally {
      await grounder.release();
    }
  };
}

async function hashFile(path: string, total: number, onHash: ConvertOptions['onHash']): Promise<string> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer);
    read += (chunk as Buffer).byteLength;
    onHash?.(read, total);
  }
  return hash.digest('hex');
}

export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new CliError(`${path} cannot be read.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`${path} is not JSON.`);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function existing(path: string): Promise<string | undefined> {
  return (await exists(path)) ? path : undefined;
}
