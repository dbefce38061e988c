/**
 * Starts other programs for the scripts: on the path, npm, and those that packages bring. Plain JavaScript
 * without dependencies; works where `node_modules` is not there yet.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's top folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @typedef {{ env?: Record<string, string>, timeout?: number, shell?: boolean, cwd?: string }} RunOptions timeout in ms */

/**
 * Runs a program in the project's folder, or another, with this process's own output.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>} its exit code; 1 where it could not start or was killed
 */
export function run(program, args, { env = {}, timeout, shell = false, cwd = ROOT } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      shell,
      ...(timeout === undefined ? {} : { timeout }),
    });
    // Whoever ends this process ends the program too, which may have something to save first.
    const passOn = () => child.kill('SIGTERM');
    process.on('SIGTERM', passOn);
    child.on('error', (error) => {
      process.off('SIGTERM', passOn);
      console.error(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => {
      process.off('SIGTERM', passOn);
      resolve(code ?? 1);
    });
  });
}

/**
 * Runs the program a package brings, by this very Node: no shell and no search for it.
 *
 * @param {string} name of the package
 * @param {readonly string[]} args
 * @param {RunOptions & { program?: string }} [options] program: which, where the package brings several
 */
export function runPackage(name, args, { program, ...options } = {}) {
  const folder = join(ROOT, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = typeof bin === 'string' ? bin : bin[program ?? name.replace(/^@[^/]+\//, '')];
  return run(process.execPath, [join(folder, file), ...args], options);
}

/**
 * Runs npm: the one that started this script where there is one.
 *
 * @param {readonly string[]} args
 */
export function runNpm(args) {
  const started = process.env.npm_execpath;
  if (started?.endsWith('.js')) return run(process.execPath, [started, ...args]);
  return run('npm', args, { shell: process.platform === 'win32' });
}

/**
 * @param {string} name
 * @returns {string | undefined} where the PATH has it
 */
export function programOnPath(name) {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find(isProgram);
}

/**
 * @param {string} name
 * @returns {boolean} whether the PATH has it
 */
export const hasProgram = (name) => programOnPath(name) !== undefined;

/**
 * @param {string} path
 * @returns {boolean} whether it is there and may be run
 */
export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
