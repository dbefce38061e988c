import { describe, expect, it } from 'vitest';
import { bundleFolder, chooseModel, fetchModelChoices, fetchSamples } from './catalogues.ts';
import { readQuery } from './query.ts';

const BASE = 'https://here.example/app/';
const found = (value: unknown) => async () => value;

describe('models/index.json', () => {
  it('gives folders on this origin, relative to the page', async () => {
    const choices = await fetchModelChoices(found([{ id: 'mini', url: 'models/mini' }]), BASE);
    expect(choices).toEqual([{ id: 'mini', title: 'mini', url: 'https://here.example/app/models/mini/' }]);
  });

  it.each([
    [{ not: 'a list' }, 'malformed'],
    [[], 'malformed'],
    [[{ id: 'x' }], 'malformed'],
    [[{ id: 'x', url: '//elsewhere.example/m/' }], 'other-origin'],
  ])('is refused as %j: %s', async (value, code) => {
    await expect(fetchModelChoices(found(value), BASE)).rejects.toMatchObject({ code });
  });

  it('is chosen from by id, by folder, or by being first', async () => {
    const choices = await fetchModelChoices(
      found([
        { id: 'a', url: 'models/a/' },
        { id: 'b', url: 'models/b/' },
      ]),
      BASE,
    );
    expect(chooseModel(choices, null, BASE).id).toBe('a');
    expect(chooseModel(choices, 'b', BASE).id).toBe('b');
    expect(chooseModel(choices, 'my/own', BASE).url).toBe('https://here.example/app/my/own/');
    expect(() => chooseModel(choices, 'c', BASE)).toThrow('There is no model "c" here, only a, b.');
  });

  it('never leads to another origin', () => {
    expect(() => bundleFolder('https://elsewhere.example/', BASE)).toThrow('another origin');
    expect(() => bundleFolder('data:text/plain,x', BASE)).toThrow('another origin');
  });
});

it('leaves out samples that make no sense and keeps the rest', async () => {
  const samples = await fetchSamples(
    found([{ file: 'a.jpg', width: 4, height: 3, alt: 'A', expressions: ['x', 5] }, { nothing: true }, 7]),
    BASE,
  );
  expect(samples).toEqual([
    {
      url: 'https://here.example/app/samples/a.jpg',
      name: 'a.jpg',
      width: 4,
      height: 3,
      alt: 'A',
      expressions: ['x'],
    },
  ]);
});

it('reads the address and complains of what it cannot use', () => {
  expect(readQuery('?provider=wasm&precision=q4&threads=3&model=m')).toEqual({
    provider: 'wasm',
    precision: 'q4',
    model: 'm',
    threads: 3,
    complaints: [],
  });
  const odd = readQuery('?provider=cuda&precision=auto&threads=0');
  expect(odd).toMatchObject({ provider: null, precision: null, threads: null });
  expect(odd.complaints).toHaveLength(2);
});
