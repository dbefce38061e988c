/** A grounding's time by part, in the order in which it passes, with what each part is. Pure. */
import type { PartTimes } from '../../state/entries.ts';

export interface Part {
  readonly name: string;
  readonly about: string;
  readonly ms: number;
}

/** @param draw milliseconds of the last frame's drawing; null where nothing was drawn yet */
export function partsOf(times: PartTimes, draw: number | null): Part[] {
  const parts: [string, string, number | null][] = [
    ['Decode', 'from the file to pixels, once for the image', times.decode],
    ['Resize', 'to the square that the network sees, once for the image', times.resize],
    ['Patches', 'the layers before any word is read, once for the image', times.patches],
    ['Text', 'the text graph; nothing where the expression was remembered', times.text],
    ['Image', 'the layers that read the words, and the box', times.image],
    ['Read back', 'box and attention from the device', times.readBack],
    ['Attention', 'reading the vision layers back, after the box', times.attention],
    ['Dense', 'the dense graph: rollout, similarity and mask', times.dense],
    ['Draw', 'canvas commands of the last frame, on the main thread', draw],
  ];
  return parts.flatMap(([name, about, ms]) => (ms === null ? [] : [{ name, about, ms }]));
}

/** The points of a line through values from left to right, 0 at the bottom, as an SVG's `points`. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step = width / Math.max(1, values.length - 1);
  return values
    .map((value, i) => `${(i * step).toFixed(1)},${(height * (1 - value / most)).toFixed(1)}`)
    .join(' ');
}
