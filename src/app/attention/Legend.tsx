/**
 * What the colours mean, in numbers: the scale with its ends, round ticks, the threshold, and a needle at a value. The
 * colours are as clear as on the picture; squares show through them.
 */
import { cssGradient } from '../colour-maps/colour-maps.ts';
import { numberText, ticksBetween } from './names.ts';
import { alphaAt, partOf } from './paint.ts';
import type { ShownMap } from './shown-map.ts';

const place = (part: number): string => `${100 * Math.min(1, Math.max(0, part))}%`;

/** Characters of a tick's size that the legend has room for, at least. */
const ROOM = 32;

/** Whether a tick's number keeps clear of those at the ends. */
function fits(part: number, tick: number, [low, high]: readonly [string, string]): boolean {
  const half = numberText(tick).length / 2 + 1;
  return part * ROOM > low.length + half && (1 - part) * ROOM > high.length + half;
}

export function Legend({
  shown,
  threshold,
  glow,
  opacity,
  value,
}: {
  shown: ShownMap;
  /** Part of the scale, 0 to 1. */
  threshold: number;
  glow: boolean;
  /** Of the whole map, 0 to 1. */
  opacity: number;
  /** Of the cell that is pointed at. */
  value: number | null;
}) {
  const { map, scale, colours, unit } = shown;
  const { low, high, diverging } = scale;
  const ends = [numberText(low), numberText(high)] as const;
  const inner = diverging
    ? [0]
    : ticksBetween(low, high).filter((tick) => fits(partOf(tick, scale), tick, ends));
  // On a diverging scale what is close to zero is under the threshold.
  const hidden = diverging
    ? { insetInlineStart: place((1 - threshold) / 2), width: place(threshold) }
    : { insetInlineStart: '0%', width: place(threshold) };
  // What the threshold hides is marked, and is not clear in the way that a low value is.
  const alpha = (part: number): number =>
    opacity * alphaAt(part, { scale, threshold: 0, smooth: true, glow });
  return (
    <div className="map-legend" data-testid="map-legend" data-min={low} data-max={high}>
      <div className="map-legend-bar" aria-hidden="true">
        <span className="map-legend-colours" style={{ background: cssGradient(colours, alpha) }} />
        {threshold > 0 && <span className="map-legend-hidden" style={hidden} />}
        {value !== null && (
          <span className="map-legend-needle" style={{ insetInlineStart: place(partOf(value, scale)) }} />
        )}
      </div>
      <div className="map-legend-ticks" aria-hidden="true">
        <span>
          {map.min < low && '≤ '}
          {ends[0]}
        </span>
        {inner.map((tick) => (
          <span
            key={tick}
            className="map-legend-tick"
            style={{ insetInlineStart: place(partOf(tick, scale)) }}
          >
            {numberText(tick)}
          </span>
        ))}
        <span>
          {map.max > high && '≥ '}
          {ends[1]}
        </span>
      </div>
      <span className="visually-hidden">
        Colours from {numberText(low)} to {numberText(high)}, {unit}
        {glow && (diverging ? ', clear about 0' : ', clear where it is low')}.
      </span>
    </div>
  );
}
