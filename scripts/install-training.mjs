/** `npm run training:install`: Python and what `training/` needs, in an environment of its own where it is missing. */
import { ensureInstalled } from './install.mjs';
import { drawAtlas, ensurePython } from './python.mjs';

/** @param {string} words */
const say = (words) => console.log(`[training] ${words}`);

const ready = (await ensureInstalled(say)) && (await ensurePython(say));
process.exitCode = ready && (await drawAtlas()) ? 0 : 1;
