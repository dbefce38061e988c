/**
 * Python and art for `training/`. Finds an interpreter that has what training/requirements.txt names, or makes an
 * environment of its own in .cache/training. PyTorch is large (hundreds of megabytes, on Linux several gigabytes where
 * pip takes the build for GPUs), so nothing makes that environment unasked.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runPackage } from './programs.mjs';

const REQUIREMENTS = 'training/requirements.txt';
const ENVIRONMENT = join('.cache', 'training');
const OWN = join(ROOT, ENVIRONMENT, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
/** Prints what an interpreter lacks of the pinned packages, one a line: "name==wanted". */
const MISSING = `
import importlib.metadata as have, sys
for line in open(sys.argv[1]):
    name, _, wanted = line.strip().partition("==")
    try:
        if name and have.version(name).split("+")[0] != wanted: print(line.strip())
    except have.PackageNotFoundError: print(line.strip())
`;

/**
 * @param {string} interpreter
 * @returns {string[] | undefined} pinned packages it lacks; undefined where it does not run
 */
function missingIn(interpreter) {
  const { status, stdout } = spawnSync(interpreter, ['-c', MISSING, REQUIREMENTS], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.split('\n').filter(Boolean) : undefined;
}

/**
 * The interpreter to run training's tests with: the one that TRAINING_PYTHON names, or that of .cache/training, or
 * python3, the first that has everything.
 *
 * @returns {{ path: string } | { words: string }} words: why there is none, and what to do
 */
export function findPython() {
  const named = process.env.TRAINING_PYTHON;
  const candidates = named ? [named] : [...(existsSync(OWN) ? [OWN] : []), 'python3'];
  let words = 'no python3 on this machine';
  for (const path of candidates) {
    const missing = missingIn(path);
    if (missing?.length === 0) return { path };
    if (missing) words = `${path} lacks ${missing.join(', ')}`;
    else if (named) words = `TRAINING_PYTHON names ${named}, which does not run`;
  }
  return { words: `${words}; \`npm run training:install\` makes an environment for it` };
}

/**
 * Makes .cache/training, unless an interpreter that will do is there.
 *
 * @param {(words: string) => void} say
 * @returns {Promise<boolean>} false where it could not, which has been said
 */
export async function ensurePython(say) {
  const found = findPython();
  if ('path' in found) {
    say(`Python for training: ${found.path}.`);
    return true;
  }
  const packages = readFileSync(join(ROOT, REQUIREMENTS), 'utf8').trim().split('\n').join(', ');
  say(
    `Making an environment for training in ${ENVIRONMENT}: ${packages}. PyTorch is large; this may take minutes.`,
  );
  const made =
    (await run('python3', ['-m', 'venv', '--clear', ENVIRONMENT])) === 0 &&
    (await run(OWN, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      REQUIREMENTS,
    ])) === 0;
  if (!made) say('That did not work: training and its tests have no Python here.');
  return made;
}

/**
 * Draws the art, which comes as npm packages, into training/atlas/build; seconds.
 *
 * @param {number} [side] of a thing, in pixels: 128 for training, 256 for what is exported
 * @returns {Promise<boolean>} false where it could not, which has been said
 */
export async function drawAtlas(side = 128) {
  return (await runPackage('tsx', ['training/atlas/build-atlas.ts', '--size', String(side)])) === 0;
}

/**
 * Draws the art where it is missing. One that is there is left alone, since a training may be reading it; if it is of
 * other nouns, whoever opens it says so.
 *
 * @param {(words: string) => void} say
 * @param {number} [side] as `drawAtlas` takes it
 * @returns {Promise<boolean>} false where it could not, which has been said
 */
export async function ensureAtlas(say, side = 128) {
  // Written last of what the builder writes.
  if (existsSync(join(ROOT, `training/atlas/build/atlas-${side}.json`))) return true;
  say('Drawing the art of the scenes: training/atlas/build-atlas.ts.');
  return drawAtlas(side);
}
