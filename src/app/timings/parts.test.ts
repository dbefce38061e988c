import { expect, it } from 'vitest';
import { entryOf } from '../../state/testing/fake-port.ts';
import { partGroupsOf, sparkline } from './parts.ts';

const plain = (groups: ReturnType<typeof partGroupsOf>) =>
  groups.map(({ name, ms, parts }) => [name, ms, parts.map((part) => [part.name, part.ms])]);

it('lists the parts as they pass, the image’s apart from the expression’s, without what has not happened', () => {
  expect(plain(partGroupsOf(entryOf('the dog').times, null))).toEqual([
    [
      'Once for the image',
      28,
      [
        ['Decode', 3],
        ['Resize', 5],
        ['Patches', 20],
      ],
    ],
    // The run's own time, with what lies between its parts.
    [
      'This expression',
      120,
      [
        ['Text', 10],
        ['Image', 100],
        ['Read back', 1],
      ],
    ],
  ]);
});

it('counts reading and drawing once they have happened', () => {
  const times = { ...entryOf('the dog').times, attention: 7, dense: 90 };
  expect(plain(partGroupsOf(times, 2.5)).at(-1)).toEqual([
    'After the box',
    99.5,
    [
      ['Attention', 7],
      ['Dense', 90],
      ['Draw', 2.5],
    ],
  ]);
});

it('draws a line from the first value at the left to the last at the right, the greatest at the top', () => {
  expect(sparkline([50, 100, 0], 60, 20)).toBe('0.0,10.0 30.0,0.0 60.0,20.0');
});
