/**
 * Sees to it that Node is new enough and that the packages of the lock file are installed: what `npm start`
 * and `npm test` do first on a fresh clone. Plain JavaScript without dependencies.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNpm } from './programs.mjs';

/** @typedef {{ version?: string, optional?: boolean, link?: boolean }} LockedPackage */
/** @typedef {{ packages: Record<string, LockedPackage> }} Lock */

/**
 * @param {string} version e.g. "20.20.2"
 * @param {string} range as package.json's `engines` has it here: ">=major.minor"
 * @returns {boolean}
 */
export function isNewEnough(version, range) {
  const [major = 0, minor = 0] = range.replace('>=', '').split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/**
 * What npm still has to install. Packages for other systems are optional and may be absent.
 *
 * @param {Lock} wanted package-lock.json
 * @param {Lock | undefined} installed node_modules/.package-lock.json, npm's own record of what it installed
 * @returns {string[]} names of packages that are missing or of another version
 */
export function missingPackages(wanted, installed) {
  return Object.entries(wanted.packages)
    .filter(([place, { version, optional, link }]) => {
      if (place === '' || link) return false;
      const present = installed?.packages[place];
      return present ? present.version !== version : !optional;
    })
    .map(([place]) => place.replace(/^.*node_modules\//, ''));
}

/**
 * Installs what is missing; does nothing where all is there.
 *
 * @param {(words: string) => void} say
 * @returns {Promise<boolean>} false where Node is too old or npm failed, which has been said
 */
export async function ensureInstalled(say) {
  const { engines } = readJson('package.json');
  if (!isNewEnough(process.versions.node, engines.node)) {
    say(`This is Node ${process.versions.node}; hivg-web needs ${engines.node}.`);
    return false;
  }
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json');
  } catch {
    installed = undefined;
  }
  const missing = missingPackages(readJson('package-lock.json'), installed);
  if (missing.length === 0) return true;

  say(`Installing packages (${missing.length} missing): npm ci`);
  if ((await runNpm(['ci', '--no-audit', '--no-fund'])) === 0) return true;
  say('npm ci failed; what it said stands above.');
  return false;
}

/** @param {string} path within the project */
function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
}
