import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './programs.mjs';

/** Each a file with one import, and whether the lint is to refuse it. */
const FORBIDDEN: readonly (readonly [file: string, imported: string])[] = [
  ['src/onnx/a.ts', '../hivg/config.ts'],
  ['src/onnx/b.ts', '../torch/torch-file.ts'],
  ['src/onnx/c.ts', 'node:fs'],
  ['src/onnx/d.ts', 'onnxruntime-common'],
  ['src/torch/a.ts', '../hivg/config.ts'],
  ['src/torch/b.ts', 'node:fs/promises'],
  ['src/hivg/a.ts', '../grounding/session.ts'],
  ['src/hivg/b.ts', 'onnxruntime-web/webgpu'],
  ['src/hivg/deep/c.ts', '../../grounding/session.ts'],
  ['src/grounding/a.ts', '../state/app-state.ts'],
  ['src/grounding/b.ts', '../../workers/protocol.ts'],
  ['src/grounding/c.ts', 'react'],
  ['src/grounding/d.ts', 'onnxruntime-node'],
  ['src/grounding/e.ts', 'sharp'],
  ['src/evaluation/a.ts', '../app/words.ts'],
  ['workers/a.ts', '../src/state/app-state.ts'],
  ['workers/b.ts', 'react'],
  ['src/state/a.ts', '../app/words.ts'],
  ['src/state/b.ts', 'react'],
  ['src/state/c.ts', '../../workers/grounding.worker.ts'],
  ['src/state/d.ts', '../hivg/config.ts'],
  ['src/app/a.ts', '../hivg/config.ts'],
  ['src/app/b.ts', '../onnx/types.ts'],
  ['src/app/panel/c.ts', '../../../workers/grounding.worker.ts'],
  ['src/app/d.ts', 'onnxruntime-web'],
  ['src/app/e.ts', '../../cli/hivg.ts'],
  ['src/app/f.ts', 'node:path'],
  ['cli/a.ts', '../src/app/words.ts'],
  ['cli/b.ts', '../workers/protocol.ts'],
  ['cli/c.ts', 'onnxruntime-web'],
];

const ALLOWED: readonly (readonly [file: string, imported: string])[] = [
  ['src/torch/y.ts', '../onnx/float16.ts'],
  ['src/hivg/y.ts', '../torch/torch-file.ts'],
  ['src/grounding/y.ts', '../hivg/config.ts'],
  ['src/grounding/z.ts', 'onnxruntime-common'],
  ['workers/y.ts', '../src/grounding/ground.ts'],
  ['workers/z.ts', 'onnxruntime-web/webgpu'],
  ['src/state/y.ts', '../../workers/protocol.ts'],
  ['src/state/z.ts', 'zustand/vanilla'],
  ['src/app/panel/y.ts', '../../../workers/protocol.ts'],
  ['src/app/z.ts', 'react-konva/lib/ReactKonvaCore'],
  ['cli/y.ts', '../src/grounding/ground.ts'],
  ['cli/z.ts', 'node:fs'],
  // A test may reach for fixtures and for both runtimes.
  ['src/onnx/y.test.ts', 'onnxruntime-node'],
  ['src/onnx/testing/z.ts', 'node:fs'],
];

let refused: ReadonlySet<string>;
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'hivg-web-boundaries-')));
  const config = JSON.parse(await readFile(join(ROOT, 'biome.json'), 'utf8'));
  // The samples are no git checkout and have no packages.
  await writeFile(
    join(folder, 'biome.json'),
    JSON.stringify({ ...config, $schema: undefined, vcs: undefined }),
  );
  for (const [file, imported] of [...FORBIDDEN, ...ALLOWED]) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `export * from '${imported}';\n`);
  }
  // Said by dynamic import as well, which loads a package just the same.
  await writeFile(
    join(folder, 'src/app/dynamic.ts'),
    "export const load = () => import('onnxruntime-web');\n",
  );
  const { stdout } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/@biomejs/biome/bin/biome'),
      'lint',
      '--reporter=github',
      '--max-diagnostics=none',
      '.',
    ],
    { cwd: folder, encoding: 'utf8' },
  );
  const places = [...stdout.matchAll(/noRestrictedImports,file=([^,]+),/g)].map((match) => match[1] ?? '');
  refused = new Set(places.map((place) => relative(folder, resolve(folder, place)).replaceAll('\\', '/')));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(FORBIDDEN)('%s may not import %s', (file) => {
  expect(refused).toContain(file);
});

test('a dynamic import is refused as a static one is', () => {
  expect(refused).toContain('src/app/dynamic.ts');
});

test.each(ALLOWED)('%s may import %s', (file) => {
  expect(refused).not.toContain(file);
});
