import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findPython } from './python.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hivg-web-python-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that says what an interpreter with these packages missing says. */
function interpreter(missing: readonly string[]): string {
  const path = join(folder, 'python');
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' ${missing.join(' ')}\n`, { mode: 0o755 });
  vi.stubEnv('TRAINING_PYTHON', path);
  return path;
}

test('the interpreter that is named and lacks nothing is taken', () => {
  const path = interpreter([]);
  expect(findPython()).toEqual({ path });
});

test('what an interpreter lacks is named, and what to do about it', () => {
  interpreter(['torch==2.13.0', 'pillow==13.0.0']);
  const found = findPython();
  expect('words' in found && found.words).toMatch(
    /lacks torch==2\.13\.0, pillow==13\.0\.0.*training:install/,
  );
});

test('a named interpreter that does not run is said to be so', () => {
  vi.stubEnv('TRAINING_PYTHON', join(folder, 'nothing'));
  const found = findPython();
  expect('words' in found && found.words).toMatch(/nothing, which does not run/);
});
