import { expect, it } from 'vitest';
import { entryOf } from '../../state/testing/fake-port.ts';
import { partsOf, sparkline } from './parts.ts';

it('lists the parts as they pass, without those that have not happened', () => {
  const parts = partsOf(entryOf('the dog').times, null);
  expect(parts.map(({ name, ms }) => [name, ms])).toEqual([
    ['Decode', 3],
    ['Resize', 5],
    ['Patches', 20],
    ['Text', 10],
    ['Image', 100],
    ['Read back', 1],
  ]);
});

it('counts reading and drawing once they have happened', () => {
  const times = { ...entryOf('the dog').times, attention: 7, dense: 90 };
  expect(partsOf(times, 2.5).slice(-3)).toMatchObject([
    { name: 'Attention', ms: 7 },
    { name: 'Dense', ms: 90 },
    { name: 'Draw', ms: 2.5 },
  ]);
});

it('draws a line from the first value at the left to the last at the right, the greatest at the top', () => {
  expect(sparkline([50, 100, 0], 60, 20)).toBe('0.0,10.0 30.0,0.0 60.0,20.0');
});
