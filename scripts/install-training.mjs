/** `npm run training:install`: Python and what `training/` needs, in an environment of its own where it is missing. */
import { ensureInstalled } from './install.mjs';
import { runPackage } from './programs.mjs';
import { ensurePython } from './python.mjs';

/** @param {string} words */
const say = (words) => console.log(`[training] ${words}`);

const ready = (await ensureInstalled(say)) && (await ensurePython(say));
// The art comes as npm packages and is drawn once.
const drawn = ready && (await runPackage('tsx', ['training/atlas/build-atlas.ts'])) === 0;
process.exitCode = drawn ? 0 : 1;
