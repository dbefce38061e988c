// What is measured: random checkpoints, bundles of them, exports by PyTorch. Made when first needed, kept in
// .cache/bench, and made anew when the code that writes them has changed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertToFolder } from '../cli/convert-folder.ts';
import { readManifest } from '../cli/folder-bundle.ts';
import { writeRandomCheckpoint } from '../scripts/random-checkpoint.ts';
import type { Precision } from '../src/hivg/precision.ts';
import { BASE } from '../src/hivg/testing/base-config.ts';
import { FULL } from './quick.ts';

export const ROOT = fileURLToPath(new URL('../', import.meta.url));
export const CACHE = join(ROOT, '.cache', 'bench');
/** What decides the bytes of a random checkpoint. */
const CHECKPOINT_CODE = [
  'scripts/random-checkpoint.ts',
  'src/hivg/keys.ts',
  'src/hivg/testing/base-config.ts',
] as const;
const BUNDLED = join(ROOT, 'public', 'models', 'hivg-mini');

export type Size = 'base' | 'mini';

/** A checkpoint with random weights: base as it was released, or with the sizes of the bundled model. */
async function checkpoint(size: Size): Promise<string> {
  const path = join(CACHE, `${size}.pth`);
  return made(path, stampOf(...CHECKPOINT_CODE), async () => {
    say(`Writing a random checkpoint of ${size} size …`);
    writeRandomCheckpoint(path, size === 'base' ? BASE : (await readManifest(BUNDLED)).architecture);
  });
}

/** A bundle folder of one precision. */
export async function bundle(size: Size, precision: Precision): Promise<string> {
  const source = await checkpoint(size);
  const path = join(CACHE, `${size}-${precision}`);
  return made(path, stampOf('scripts/random-checkpoint.ts', 'src/hivg', 'src/onnx'), async () => {
    say(`Converting ${size} to ${precision} …`);
    await convertToFolder({
      checkpoint: source,
      out: path,
      precisions: [precision],
      skipProbe: true,
      ...(size === 'mini' ? { tokenizer: join(BUNDLED, 'tokenizer.json') } : {}),
    });
  });
}

export interface Exported {
  /** The whole forward pass. */
  readonly model: string;
  /** The same with the box as its one output. */
  readonly box: string;
  readonly description: ExportDescription;
}

/** What an exporter says of a graph, beside it. */
export interface ExportDescription {
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: 'float32' | 'int64' | 'bool';
    readonly shape: readonly number[];
    readonly fill: 'normal' | 'ones' | readonly number[];
  }[];
  readonly torch: string;
}

/** The full size as `torch.onnx.export` writes it. */
export async function exported(): Promise<Exported> {
  const source = await checkpoint(FULL);
  const folder = join(CACHE, `export-${FULL}`);
  const model = join(folder, 'model.onnx');
  const code = ['training/tools/export_onnx.py', 'training/hivg', ...CHECKPOINT_CODE];
  await made(folder, stampOf(...code), async () => {
    say(`Exporting ${FULL} with torch.onnx.export …`);
    python(['-m', 'tools.export_onnx', source, '--out', folder]);
  });
  return { model, box: join(folder, 'box.onnx'), description: readJson(join(folder, 'model.json')) };
}

/**
 * Runs Python in training/: the interpreter that BENCH_PYTHON names, that of the environment in .cache/bench/python if
 * there is one, or python3.
 *
 * @throws {Error} with the last of what it said, and what it needs
 */
export function python(args: readonly string[]): void {
  const own = join(CACHE, 'python', 'bin', 'python');
  const program = process.env.BENCH_PYTHON ?? (existsSync(own) ? own : 'python3');
  const { status, error, stderr } = spawnSync(program, args, {
    cwd: join(ROOT, 'training'),
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  });
  if (status === 0) return;
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  const wants = 'training/requirements.txt and training/tools/peers-requirements.txt name';
  throw new Error(
    `${program} ${args.slice(0, 2).join(' ')} failed: ${why}. It needs what ${wants} (docs/performance.md).`,
  );
}

export function readJson<Shape>(path: string): Shape {
  return JSON.parse(readFileSync(path, 'utf8')) as Shape;
}

/** Progress goes to stderr, so that results can be piped. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Has `path` made if it is missing or was made by other code. */
export async function made(path: string, stamp: string, make: () => Promise<void>): Promise<string> {
  const note = `${path}.stamp`;
  if (existsSync(path) && existsSync(note) && readFileSync(note, 'utf8') === stamp) return path;
  rmSync(path, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  await make();
  writeFileSync(note, stamp);
  return path;
}

/** A hash of files and of the sources in folders. */
export function stampOf(...paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    const whole = join(ROOT, path);
    const files = /\.\w+$/.test(path)
      ? [whole]
      : readdirSync(whole)
          .filter((name) => /\.(ts|py)$/.test(name) && !name.includes('.test.'))
          .map((name) => join(whole, name));
    for (const file of files) hash.update(readFileSync(file));
  }
  return hash.digest('hex');
}
