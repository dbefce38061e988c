// Holds `hivg eval` against PyTorch on SynthRef's sample: converts a checkpoint in every precision into a temporary
// folder, measures each, and says how many hits are the same as in the figures that training/tools/predict_sample.py wrote.
// Fails where fp32's are not all the same: npx tsx scripts/sample-hits.ts CHECKPOINT.pth PYTORCH.json

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertToFolder } from '../cli/convert-folder.ts';
import { runEvaluation } from '../cli/evaluation/run-evaluation.ts';
import { openSplitFile } from '../cli/evaluation/split-file.ts';
import { summarise, THRESHOLDS } from '../src/evaluation/metrics.ts';
import { isMeasured } from '../src/evaluation/run-record.ts';
import { PRECISIONS } from '../src/hivg/precision.ts';
import { ROOT } from './programs.mjs';

interface Figures {
  readonly figures: { readonly checkpoint: string; readonly split: string };
  readonly boxes: readonly { readonly iou: number }[];
}

const [checkpoint, file] = process.argv.slice(2);
if (!checkpoint || !file) {
  process.stderr.write('Usage: npx tsx scripts/sample-hits.ts CHECKPOINT.pth PYTORCH.json\n');
  process.exit(1);
}
const { figures, boxes } = JSON.parse(await readFile(file, 'utf8')) as Figures;
const sample = join(ROOT, 'fixtures/synthref-sample');
const split = await openSplitFile(join(sample, 'synthref/synthref_sample.pth'));
const folder = await mkdtemp(join(tmpdir(), 'hivg-sample-'));
try {
  const model = join(folder, 'bundle');
  const manifest = await convertToFolder({ checkpoint, out: model, precisions: PRECISIONS, skipProbe: true });
  if (split.sha256 !== figures.split || manifest.provenance.sha256 !== figures.checkpoint) {
    throw new Error(
      `${file} is of another split or checkpoint: write it anew with training/tools/predict_sample.py.`,
    );
  }
  process.stdout.write(`precision  same hits of ${boxes.length} at ${THRESHOLDS.join(', ')}  accuracy\n`);
  for (const precision of PRECISIONS) {
    const { pairs } = await runEvaluation({ split, images: sample, model, precision });
    const measured = pairs.filter(isMeasured);
    const same = THRESHOLDS.map((name) => {
      const threshold = Number(name);
      return measured.filter(({ index, iou }) => iou >= threshold === (boxes[index]?.iou ?? -1) >= threshold)
        .length;
    });
    const accuracy = Object.values(summarise(measured).accuracy).map((value) => value?.toFixed(1) ?? '–');
    process.stdout.write(`${precision.padEnd(9)}  ${same.join(', ')}  ${accuracy.join(', ')}\n`);
    if (precision === 'fp32' && same.some((count) => count !== boxes.length)) process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
