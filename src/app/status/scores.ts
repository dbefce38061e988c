/** What a bundle's manifest says a model scored, in the order and the words in which the model's panel shows it. */
import type { Precision } from '../../grounding/providers.ts';
import { capital } from '../attention/names.ts';
import { percent } from '../words.ts';

/** Scores by one measure. */
export interface Measure {
  /** "Accuracy at IoU 0.5"; null where the scores don't name one. */
  readonly name: string | null;
  /** What was measured on, and the figure. */
  readonly rows: readonly (readonly [string, string])[];
}

const IN_PERCENT = ' in %';

/**
 * Scores are named as "SET, MEASURE, PRECISION", the last two where they apply ("SynthRef test, accuracy at IoU 0.5 in
 * %, q4"). Those of precisions other than the one that runs are left out.
 *
 * @param precisions all that the bundle has
 */
export function measuresOf(
  scored: Readonly<Record<string, number>>,
  running: Precision,
  precisions: readonly Precision[],
): Measure[] {
  const measures = new Map<string, [string, string][]>();
  for (const [name, value] of Object.entries(scored)) {
    const parts = name.split(', ');
    const of = precisions.find((precision) => precision === parts.at(-1));
    if (of !== undefined && of !== running) continue;
    if (of !== undefined) parts.pop();
    const measure = parts.length > 1 ? (parts.pop() as string) : '';
    const figure = measure.endsWith(IN_PERCENT)
      ? `${value.toFixed(1)} %`
      : value <= 1
        ? percent(value)
        : String(value);
    const rows = measures.get(measure) ?? [];
    rows.push([parts.join(', '), figure]);
    measures.set(measure, rows);
  }
  return [...measures].map(([measure, rows]) => ({
    name: measure === '' ? null : capital(measure).replace(IN_PERCENT, ''),
    rows,
  }));
}
