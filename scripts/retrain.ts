// Trains the bundled model on where there is a GPU, makes a bundle of what came of it and scores that:
// npm run retrain -- [--minutes 25] [--work FOLDER] [--cpu] [-- OPTIONS OF train.py]
// Nothing that ships is touched. Stopped or failed, the same command goes on where it was: what is done lies in the
// folder. --cpu lets it run without a GPU, to try it with small numbers.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readManifest } from '../cli/folder-bundle.ts';
import { ROOT, run, runPackage } from './programs.mjs';
import { ensureAtlas, findPython } from './python.mjs';

const USAGE = 'Usage: npm run retrain -- [--minutes N] [--work FOLDER] [--cpu] [-- OPTIONS OF train.py]';
const SHIPPED = join(ROOT, 'public/models/hivg-mini');
const TRAINING = join(ROOT, 'training');

const { minutes, work, cpu, more } = options();
const inWork = (...parts: string[]) => join(work, ...parts);

const found = findPython();
if ('words' in found) fail(found.words);
const python = found.path;
if (
  !cpu &&
  spawnSync(python, ['-c', 'import sys, torch; sys.exit(not torch.cuda.is_available())']).status !== 0
) {
  fail('PyTorch finds no GPU here. training/README.md says how to train on two processor cores.');
}

const manifest = await readManifest(SHIPPED);
for (const side of [128, 256]) if (!(await ensureAtlas(say, side))) fail('The art could not be drawn.');
await step('What ships, back to a checkpoint', inWork('state/pieces.json'), () =>
  inTraining('gpu.py', 'prepare', inWork('state')),
);
await step(`Training, ${minutes} minutes`, inWork('runs/large/ended.json'), () => {
  const folders = [inWork('state'), inWork('out'), '--runs', inWork('runs')];
  return inTraining('gpu.py', 'piece', ...folders, '--whole', '--minutes', String(minutes), '--', ...more);
});
await step('Comparing it with what ships, and averages of the two', inWork('chosen/chosen.json'), () => {
  const both = ['begin', 'large/end'].map((folder) => inWork('runs', folder, 'best_checkpoint.pth'));
  const sizes = ['--side', String(manifest.architecture.side), '--workers', '0', ...more];
  return inTraining('choose.py', ...both, '--out', inWork('chosen/best_checkpoint.pth'), '--', ...sizes);
});
// Accuracy by how much of it is new; nothing where the two have no average.
const accuracy = JSON.parse(await readFile(inWork('chosen/chosen.json'), 'utf8')) as Record<string, number>;
const before = accuracy['0.0'];
if (before !== undefined && Object.values(accuracy).every((each) => each <= before)) {
  say('On validation nothing finds more than what ships: it stays. Longer training may, in another --work.');
  process.exit(0);
}
await step('Converting', inWork('bundle/manifest.json'), () => {
  const named = ['--name', manifest.name, '--title', manifest.title ?? manifest.name];
  const said = ['--licence', manifest.licence, '--trained-on', manifest.trainedOn ?? ''];
  if (manifest.pictures) said.push('--pictures', manifest.pictures);
  const what = [inWork('chosen/best_checkpoint.pth'), '--out', inWork('bundle')];
  return runPackage('tsx', ['cli/hivg.ts', 'convert', ...what, ...named, ...said]);
});
await step('Test sets', inWork('data/synthref/synthref_long.pth'), () =>
  inTraining('-m', 'synthref.export', '--out', inWork('data')),
);
say('Scores');
const scoring = ['scripts/score-synthref.ts', inWork('bundle'), inWork('data'), '--print'];
if ((await runPackage('tsx', scoring)) !== 0) fail('Not everything was measured. The same command goes on.');
say(`${inWork('bundle')} is the new bundle. docs/bundled-model.md has the scores of the one that ships;`);
say('training/README.md says what to do where the new one is to take its place.');

/** Does what is not done yet: where `made` is not there. Ends the program where it fails. */
async function step(title: string, made: string, act: () => Promise<number>): Promise<void> {
  if (existsSync(made)) return;
  say(title);
  if ((await act()) !== 0 || !existsSync(made)) fail(`${title}: failed. The same command goes on from here.`);
}

function inTraining(...args: string[]): Promise<number> {
  return run(python, args, { cwd: TRAINING });
}

function options(): { minutes: number; work: string; cpu: boolean; more: string[] } {
  try {
    const words = process.argv.slice(2);
    const at = words.includes('--') ? words.indexOf('--') : words.length;
    const { values } = parseArgs({
      args: words.slice(0, at),
      options: {
        minutes: { type: 'string', default: '25' },
        work: { type: 'string', default: join(TRAINING, 'runs/retrained') },
        cpu: { type: 'boolean', default: false },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is no length of time.`);
    return { minutes, work: resolve(values.work), cpu: values.cpu, more: words.slice(at + 1) };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function say(text: string): void {
  process.stderr.write(`[retrain] ${text}\n`);
}

function fail(text: string): never {
  say(text);
  process.exit(1);
}
