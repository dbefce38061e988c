/** The files the tests read: those beside this one and the project's fixtures. */

import { readFileSync } from 'node:fs';
import { type ByteSource, bytesSource } from '../byte-source.ts';
import { TorchFileError } from '../errors.ts';
import type { Description } from './describe.ts';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

export function testFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, import.meta.url)));
}

export function fixturePath(name: string): URL {
  return new URL(name, FIXTURES);
}

export function fixture(name: string): ByteSource {
  return bytesSource(new Uint8Array(readFileSync(fixturePath(name))));
}

/** What PyTorch and numpy see in a file made by make-files.py. */
export function expectedIn(name: string): Description {
  const lines = readFileSync(new URL('expected.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  for (const line of lines) {
    const { file, value } = JSON.parse(line) as { file: string; value: Description };
    if (file === name) return value;
  }
  throw new Error(`expected.jsonl says nothing of ${name}`);
}

/** The error that reading ends in; throws where it succeeds or the error is of another class. */
export async function refusal(reading: Promise<unknown> | (() => unknown)): Promise<TorchFileError> {
  try {
    await (typeof reading === 'function' ? reading() : reading);
  } catch (error) {
    if (error instanceof TorchFileError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
