// docs/bundled-model.md: what the bundled model reaches on SynthRef's test sets, as tables. Text from figures; measuring
// them is `score-synthref.ts`.

import { scoreOf } from '../cli/evaluation/scores.ts';
import { figureGroups } from '../src/evaluation/groups.ts';
import type { Figures, Summary } from '../src/evaluation/metrics.ts';
import type { Manifest } from '../src/grounding/bundle.ts';
import { pairCost } from '../src/hivg/cost.ts';
import type { Precision } from '../src/hivg/precision.ts';

/** What is measured: on which split, and whether with the expressions of other scenes. */
export const SETS = {
  test: { title: 'test', split: 'test', otherScene: false },
  style: { title: 'style', split: 'style', otherScene: false },
  combination: { title: 'combination', split: 'combination', otherScene: false },
  long: { title: 'long', split: 'long', otherScene: false },
  'other-scene': { title: 'test, expression of another scene', split: 'test', otherScene: true },
} as const;
export type SetName = keyof typeof SETS;

export interface Score {
  readonly set: SetName;
  readonly precision: Precision;
  readonly summary: Summary;
}

/** @param limit so many pairs of each set were measured; null for all */
export function scoresPage(manifest: Manifest, scores: readonly Score[], limit: number | null): string {
  const some = limit === null ? '' : ` Only the first ${limit} pairs of each set were measured.`;
  const parts = [
    '# The bundled model',
    `\`npm run score:synthref -- BUNDLE DATA\` measures \`${manifest.name}\` on SynthRef's test sets, through the code that \`hivg ground\` and the page run, and writes this page.${some} The sets are described in [training/README.md](../training/README.md), the figures in [evaluation.md](evaluation.md).`,
    size(manifest),
    '## By set',
    table(
      ['set', 'precision', 'pairs', 'IoU ≥ 0.5', 'IoU ≥ 0.75', 'mean IoU', '[REG] inside', 'box'],
      scores.map(({ set, precision, summary }) => [
        SETS[set].title,
        precision,
        ...cells(summary),
        share(summary.regInside),
        share(summary.boxArea),
      ]),
    ),
    "Accuracies and shares in percent. *[REG] inside* is the share of the [REG] token's attention to the picture that lies inside the true box, *box* the share of the picture's area that the box covers. Asked for a thing of another scene, a model that listens finds the true box seldom.",
    ...scores.filter(({ set }) => set === 'test').flatMap(breakdown),
  ];
  return `${parts.join('\n\n')}\n`;
}

function size({ architecture, provenance, precisions, trainedOn }: Manifest): string {
  const { text, patches, image } = pairCost(architecture);
  const { side, patch, vision, text: words, grounding, projection } = architecture;
  const rows = [
    ['trained on', trainedOn ?? 'not said'],
    ['picture', `${side} × ${side} pixels, patches of ${patch}`],
    ['vision encoder', `${vision.layers} layers, width ${vision.width}`],
    ['text encoder', `${words.layers} layers, width ${words.width}, ${words.context} tokens`],
    ['grounding encoder', `${grounding.layers} layers, width ${projection}`],
    ['parameters', `${(provenance.parameters / 1e6).toFixed(2)} million`],
    [
      'cost of a pair',
      `${giga(text + patches + image)} GFLOP: ${giga(text)} for the words, ${giga(patches)} for the picture by itself, ${giga(image)} for both`,
    ],
    ...Object.entries(precisions).map(([name, { bytes }]) => [
      `size in ${name}`,
      `${(bytes / 1e6).toFixed(2)} MB`,
    ]),
  ];
  const all = Object.values(precisions).reduce((sum, { bytes }) => sum + bytes, 0);
  return `${table(['', ''], [...rows, ['size of all', `${(all / 1e6).toFixed(2)} MB`]])}

The cost counts matrix products, a multiplication with its addition as two: for n tokens of width w and a hidden layer of m, a layer takes 2 · (n (4 w² + 2 w m) + 2 n² w); \`src/hivg/cost.ts\` has the rest.`;
}

function breakdown({ precision, summary }: Score): string[] {
  return figureGroups(summary).flatMap(({ title, head, rows }) => [
    `## ${title}: test, ${precision}`,
    table(
      [head, 'pairs', 'IoU ≥ 0.5', 'IoU ≥ 0.75', 'mean IoU'],
      rows.map(([name, figures]) => [name, ...cells(figures)]),
    ),
  ]);
}

function cells({ pairs, accuracy, meanIoU }: Figures): string[] {
  const percents = (['0.5', '0.75'] as const).map((threshold) => {
    const reached = accuracy[threshold];
    return typeof reached === 'number' ? scoreOf(reached).toFixed(1) : '–';
  });
  return [String(pairs), ...percents, meanIoU?.toFixed(3) ?? '–'];
}

function share(part: number | undefined): string {
  return part === undefined ? '–' : (100 * part).toFixed(1);
}

function giga(flop: number): string {
  return (flop / 1e9).toFixed(2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
