/**
 * An evaluation's hits are PyTorch's: training/tools/predict_sample.py ran a reference network over 36 pairs whose true boxes
 * lie near what it says, so that hits fall on both sides of every threshold. Boxes within 1e-4, and the same figures.
 */

import { expect, it } from 'vitest';
import { summarise, THRESHOLDS } from '../../src/evaluation/metrics.ts';
import { isMeasured } from '../../src/evaluation/run-record.ts';
import { readFixtureJson } from '../../src/grounding/testing/fixture-files.ts';
import { fixture, ReferenceModel } from '../testing/reference-model.ts';
import { runEvaluation } from './run-evaluation.ts';
import { openSplitFile } from './split-file.ts';

interface PyTorchFigures {
  readonly figures: {
    readonly split: string;
    readonly accuracy: Record<string, number>;
    readonly meanIoU: number;
  };
  readonly boxes: readonly { readonly index: number; readonly box: number[]; readonly iou: number }[];
}

it('has the hits that PyTorch has on the same pairs', async () => {
  const expected = await readFixtureJson<PyTorchFigures>('base-unc+-stage3/pytorch-near.json');
  const split = await openSplitFile(fixture('splits/synthref/synthref_near.pth'));
  expect(split.sha256).toBe(expected.figures.split);
  const model = await ReferenceModel.convert('base-unc+-stage3', ['fp32']);
  try {
    const images = fixture('images');
    const { pairs } = await runEvaluation({ split, images, model: model.folder, precision: 'fp32' });
    const measured = pairs.filter(isMeasured);
    expect(measured.map(({ index }) => index)).toEqual(expected.boxes.map(({ index }) => index));
    for (const [i, { boxInFrame, iou }] of measured.entries()) {
      const { box, iou: theirs } = expected.boxes[i] ?? { box: [], iou: Number.NaN };
      boxInFrame.forEach(
        (value, side) => void expect(Math.abs(value - (box[side] ?? Number.NaN))).toBeLessThan(1e-4),
      );
      for (const threshold of THRESHOLDS) expect(iou >= Number(threshold)).toBe(theirs >= Number(threshold));
    }
    const { accuracy, meanIoU } = summarise(measured);
    expect(accuracy).toEqual(expected.figures.accuracy);
    expect(meanIoU).toBeCloseTo(expected.figures.meanIoU, 4);
  } finally {
    model.remove();
  }
});
