/**
 * Colours for numbers: a look-up of 256 colours for each map, ready to be written into an image's pixels. Perceptually
 * uniform maps alone, so that an even step of the number looks like an even step. Which number gets which place on
 * the scale is decided elsewhere (`attention/scale.ts`).
 */
import { publishedColours } from '../../grounding/colour-maps.ts';

/** For what has a least and a most. */
export type SequentialMap = 'viridis' | 'magma' | 'cividis' | 'greys';
/** For differences: the middle is zero. */
export type DivergingMap = 'vik';
export type ColourMapName = SequentialMap | DivergingMap;

export const SEQUENTIAL_MAPS: readonly SequentialMap[] = ['viridis', 'magma', 'cividis', 'greys'];
export const DIVERGING_MAP: DivergingMap = 'vik';

export const COLOURS = 256;

export interface ColourMap {
  /** [256 · 3] red, green, blue, 0 to 255. */
  readonly rgb: Uint8ClampedArray;
}

/** Grey from black to white in even steps of CIE lightness L*, at the white point of sRGB. */
function greys(): ColourMap {
  const rgb = new Uint8ClampedArray(COLOURS * 3);
  for (let i = 0; i < COLOURS; i++) {
    const lightness = (100 * i) / (COLOURS - 1);
    const luminance = lightness > 8 ? ((lightness + 16) / 116) ** 3 : lightness / 903.3;
    const level = luminance <= 0.0031308 ? 12.92 * luminance : 1.055 * luminance ** (1 / 2.4) - 0.055;
    rgb.fill(Math.round(255 * level), i * 3, i * 3 + 3);
  }
  return { rgb };
}

const made = new Map<ColourMapName, ColourMap>();

export function colourMap(name: ColourMapName): ColourMap {
  let map = made.get(name);
  if (!map) {
    map = name === 'greys' ? greys() : { rgb: publishedColours(name) };
    made.set(name, map);
  }
  return map;
}

/** The place in a table for `part` of its scale; clamped to 0 … 1, and the lowest for what is not a number. */
export function colourIndex(part: number): number {
  if (!(part > 0)) return 0;
  return part >= 1 ? COLOURS - 1 : Math.floor(part * COLOURS);
}

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** The colour at `part` (0 to 1) of the scale. */
export function colourAt(name: ColourMapName, part: number): Rgb {
  const at = colourIndex(part) * 3;
  return [...colourMap(name).rgb.subarray(at, at + 3)] as unknown as Rgb;
}

/** "rgb(68 1 84)", "rgb(68 1 84 / 0.25)": the colour at `part` (0 to 1) of the scale, for CSS. */
export function cssColour(name: ColourMapName, part: number, alpha = 1): string {
  const opacity = alpha < 1 ? ` / ${Number(alpha.toFixed(3))}` : '';
  return `rgb(${colourAt(name, part).join(' ')}${opacity})`;
}

/**
 * A CSS gradient from the lowest to the highest colour, from left to right, in enough stops that none can be seen.
 *
 * @param alphaAt how opaque a part of the scale is, 0 to 1
 */
export function cssGradient(name: ColourMapName, alphaAt: (part: number) => number = () => 1): string {
  const stops = Array.from({ length: 33 }, (_, i) => cssColour(name, i / 32, alphaAt(i / 32)));
  return `linear-gradient(to right, ${stops.join(', ')})`;
}
