import { expect, test } from 'vitest';
import { measuresOf } from './scores.ts';

test("shows the running precision's scores by measure, what is common said once", () => {
  const scored = {
    'SynthRef test, accuracy at IoU 0.5 in %, q4': 63.8,
    'SynthRef test, accuracy at IoU 0.5 in %, int8': 64.2,
    'SynthRef test, expression of another scene, accuracy at IoU 0.5 in %, int8': 12,
    'unc val, mean IoU, int8': 0.72,
  };
  expect(measuresOf(scored, 'int8', ['q4', 'int8'])).toEqual([
    {
      name: 'Accuracy at IoU 0.5',
      rows: [
        ['SynthRef test', '64.2 %'],
        ['SynthRef test, expression of another scene', '12.0 %'],
      ],
    },
    { name: 'Mean IoU', rows: [['unc val', '72 %']] },
  ]);
});

test('leaves names of other forms as they are', () => {
  expect(measuresOf({ 'our own set': 0.5, 'things, in all': 41 }, 'q8', ['q8'])).toEqual([
    { name: null, rows: [['our own set', '50 %']] },
    { name: 'In all', rows: [['things', '41']] },
  ]);
  expect(measuresOf({}, 'q8', ['q8'])).toEqual([]);
});
