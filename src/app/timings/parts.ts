/** A grounding's time by part, in the order in which it passes, with what each part is. Pure. */
import type { PartTimes } from '../../state/entries.ts';

export interface Part {
  readonly name: string;
  readonly about: string;
  readonly ms: number;
}

/** Parts that belong together, and what they come to. */
export interface PartGroup {
  readonly name: string;
  readonly ms: number;
  readonly parts: readonly Part[];
}

/**
 * What was done once for the image, what this expression took till its box (the figure that is stated as the run's
 * own), and what came after. A group in which nothing has happened is left out.
 *
 * @param draw milliseconds of the last frame's drawing; null where nothing was drawn yet
 */
export function partGroupsOf(times: PartTimes, draw: number | null): PartGroup[] {
  const image = happened([
    ['Decode', 'from the file to pixels', times.decode],
    ['Resize', 'to the square that the network sees', times.resize],
    ['Patches', 'the layers before any word is read', times.patches],
  ]);
  const expression = happened([
    ['Text', 'the text graph; nothing where the expression was remembered', times.text],
    ['Image', 'the layers that read the words, and the box', times.image],
    ['Read back', 'box and attention from the device', times.readBack],
  ]);
  const after = happened([
    ['Attention', 'reading the vision layers back', times.attention],
    ['Dense', 'the dense graph: rollout, similarity and mask', times.dense],
    ['Draw', 'canvas commands of the last frame, on the main thread', draw],
  ]);
  const sum = (parts: readonly Part[]): number => parts.reduce((whole, { ms }) => whole + ms, 0);
  return [
    { name: 'Once for the image', ms: sum(image), parts: image },
    { name: 'This expression', ms: times.total, parts: expression },
    { name: 'After the box', ms: sum(after), parts: after },
  ].filter(({ parts }) => parts.length > 0);
}

const happened = (parts: readonly [name: string, about: string, ms: number | null][]): Part[] =>
  parts.flatMap(([name, about, ms]) => (ms === null ? [] : [{ name, about, ms }]));

/** The points of a line through values from left to right, 0 at the bottom, as an SVG's `points`. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step = width / Math.max(1, values.length - 1);
  return values
    .map((value, i) => `${(i * step).toFixed(1)},${(height * (1 - value / most)).toFixed(1)}`)
    .join(' ');
}
