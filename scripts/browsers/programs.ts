/** Finds the browsers' programs and reads what they print when they start. */
import type { Readable } from 'node:stream';
import { isProgram, programOnPath } from '../programs.mjs';

/** A browser that says nothing for this long does not start. */
const START_LIMIT_MS = 60_000;

/**
 * @param variable of the environment that names the program, before all else
 * @param names on the PATH
 * @param places where it may lie off the PATH
 * @throws {Error} where the variable names none
 */
export function findProgram(
  variable: string,
  names: readonly string[],
  places: readonly string[] = [],
): string | undefined {
  const asked = process.env[variable];
  if (asked) {
    if (!isProgram(asked)) throw new Error(`${variable} names ${asked}, which is not a program`);
    return asked;
  }
  for (const name of names) {
    const found = programOnPath(name);
    if (found) return found;
  }
  return places.find(isProgram);
}

/**
 * Waits for a program to print something.
 *
 * @returns the pattern's first group
 * @throws {Error} with what it printed, where it ends or is silent before it does
 */
export function firstMatch(stream: Readable, pattern: RegExp, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const fail = (how: string) =>
      reject(new Error(`${name} ${how}. It printed: ${printed.trim() || 'nothing'}`));
    const timer = setTimeout(() => fail('did not start in time'), START_LIMIT_MS);
    stream.on('data', (chunk) => {
      printed += chunk;
      const found = pattern.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    stream.on('end', () => {
      clearTimeout(timer);
      fail('ended as it started');
    });
  });
}
