import { expect, test } from 'vitest';
import { isNewEnough, missingPackages } from './install.mjs';

test.each([
  ['20.19.0', true],
  ['20.20.2', true],
  ['26.1.0', true],
  ['20.18.3', false],
  ['18.20.0', false],
])('Node %s against >=20.19: %s', (version, enough) => {
  expect(isNewEnough(version, '>=20.19')).toBe(enough);
});

const wanted = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/vite': { version: '8.0.0' },
    'node_modules/vite/node_modules/esbuild': { version: '0.28.0' },
    'node_modules/@esbuild/darwin-arm64': { version: '0.28.0', optional: true },
  },
};

test('where nothing is installed, all but the optional packages are missing', () => {
  expect(missingPackages(wanted, undefined)).toEqual(['vite', 'esbuild']);
});

test('a package of another version counts as missing', () => {
  const installed = {
    packages: {
      'node_modules/vite': { version: '7.0.0' },
      'node_modules/vite/node_modules/esbuild': { version: '0.28.0' },
    },
  };
  expect(missingPackages(wanted, installed)).toEqual(['vite']);
});

test('an optional package of another version counts as missing, an absent one does not', () => {
  const rest = {
    'node_modules/vite': { version: '8.0.0' },
    'node_modules/vite/node_modules/esbuild': { version: '0.28.0' },
  };
  expect(missingPackages(wanted, { packages: rest })).toEqual([]);
  const old = { packages: { ...rest, 'node_modules/@esbuild/darwin-arm64': { version: '0.27.0' } } };
  expect(missingPackages(wanted, old)).toEqual(['@esbuild/darwin-arm64']);
});
