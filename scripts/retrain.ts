// Trains the bundled model on where there is a GPU, makes a bundle of what came of it and scores that:
// npm run retrain -- [--minutes 25] [--work FOLDER] [--cpu] [-- OPTIONS OF main.py]
// Nothing that ships is touched. Stopped or failed, the same command goes on where it was: what is done lies in the
// folder, and training writes there every two minutes what it needs to go on. --cpu lets it run without a GPU, to try it
// with small numbers.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readManifest } from '../cli/folder-bundle.ts';
import { ROOT, run, runPackage } from './programs.mjs';
import { ensureAtlas, findPython } from './python.mjs';

const USAGE = 'Usage: npm run retrain -- [--minutes N] [--work FOLDER] [--cpu] [-- OPTIONS OF main.py]';
const SHIPPED = join(ROOT, 'public/models/hivg-mini');
const TRAINING = join(ROOT, 'training');
/**
 * A constant rate while pictures are small, and one that falls, with weights rounded as q4 stores them, at the size that
 * ships. Their scenes are ones that the bundled model has not seen, nor the other phase.
 */
const PHASES = [
  { name: 'small', share: 0.6, options: '--first 20000000 --side 192 --crowds 512 --shape flat' },
  {
    name: 'large',
    share: 0.4,
    options: '--first 30000000 --side 256 --crowds 384 --shape cosine --q4-from 0.65',
  },
] as const;
const COMMON =
  '--stage full --batch 512 --kinds 3 --optimiser muon --lr-factor 4 --every 2 --validation 1000';
/** What main.py and its tools call the checkpoint of a folder. */
const CHECKPOINT = 'best_checkpoint.pth';

const { minutes, work, cpu, more } = options();
const inWork = (...parts: string[]) => join(work, ...parts);

const found = findPython();
if ('words' in found) fail(found.words);
const python = found.path;
if (
  !cpu &&
  spawnSync(python, ['-c', 'import sys, torch; sys.exit(not torch.cuda.is_available())']).status !== 0
) {
  fail('PyTorch finds no GPU here. --cpu trains on the processor, which is many times slower.');
}

const manifest = await readManifest(SHIPPED);
for (const side of [128, 256]) if (!(await ensureAtlas(say, side))) fail('The art could not be drawn.');
const shipped = inWork('shipped', CHECKPOINT);
await step('The bundled model as a checkpoint', shipped, () =>
  inTraining('-m', 'tools.from_bundle', SHIPPED, shipped),
);
let before = shipped;
for (const { name, share, options: own } of PHASES) {
  const folder = inWork(name);
  const length = [
    '--minutes',
    String(share * minutes),
    '--workers',
    String(Math.max(1, availableParallelism() - 1)),
  ];
  const words = ['--run', folder, '--init', before, ...COMMON.split(' '), ...own.split(' '), ...length];
  await step(`Training: ${name} pictures, ${share * minutes} minutes`, join(folder, 'ended.json'), () =>
    inTraining('main.py', ...words, ...more),
  );
  before = join(folder, 'end', CHECKPOINT);
}
await step('Comparing it with what ships, and averages of the two', inWork('chosen/chosen.json'), () => {
  const sizes = ['--side', String(manifest.architecture.side), '--workers', '0', ...more];
  return inTraining(
    '-m',
    'tools.choose',
    shipped,
    before,
    '--out',
    inWork('chosen', CHECKPOINT),
    '--',
    ...sizes,
  );
});
// Accuracy by how much of it is new; nothing where the two have no average.
const accuracy = JSON.parse(await readFile(inWork('chosen/chosen.json'), 'utf8')) as Record<string, number>;
const asShipped = accuracy['0.0'];
if (asShipped !== undefined && Object.values(accuracy).every((each) => each <= asShipped)) {
  say('On validation nothing finds more than what ships: it stays. Longer training may, in another --work.');
  process.exit(0);
}
await step('Converting', inWork('bundle/manifest.json'), () => {
  const named = ['--name', manifest.name, '--title', manifest.title ?? manifest.name];
  const said = ['--licence', manifest.licence, '--trained-on', manifest.trainedOn ?? ''];
  if (manifest.pictures) said.push('--pictures', manifest.pictures);
  const what = [inWork('chosen', CHECKPOINT), '--out', inWork('bundle')];
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
  if ((await act()) !== 0 || !existsSync(made))
    fail(`${title}: not finished. The same command goes on from here.`);
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
