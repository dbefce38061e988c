import { afterEach, expect, test, vi } from 'vitest';
import { sha256Of } from './sha256.ts';

afterEach(() => vi.unstubAllGlobals());

test('the hash is the standard’s own example (FIPS 180-2, B.1)', async () => {
  expect(await sha256Of(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('on plain http, where browsers compute none, the address is named as the cause', async () => {
  vi.stubGlobal('crypto', {});
  await expect(sha256Of(new Uint8Array(1))).rejects.toMatchObject({
    code: 'insecure-address',
    message: expect.stringContaining('https'),
  });
});
