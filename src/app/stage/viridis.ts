/**
 * The viridis colour map (Stéfan van der Walt and Nathaniel Smith, CC0), which the paper draws its heat maps in:
 * even steps look even, in grey and to colour-blind eyes too. Sixteen of its colours, and linear between them,
 * which stays within two levels of the original's 256.
 */
const STOPS = [
  [68, 1, 84],
  [72, 26, 108],
  [71, 47, 125],
  [65, 68, 135],
  [57, 86, 140],
  [49, 104, 142],
  [42, 120, 142],
  [35, 136, 142],
  [31, 152, 139],
  [34, 168, 132],
  [53, 183, 121],
  [84, 197, 104],
  [122, 209, 81],
  [165, 219, 54],
  [210, 226, 27],
  [253, 231, 37],
] as const;

/** Red, green, blue (0 to 255) at `value`, 0 to 1; clamped outside, and 0 for what is not a number. */
export function viridis(value: number): readonly [number, number, number] {
  const at = (value > 0 ? Math.min(value, 1) : 0) * (STOPS.length - 1);
  const index = Math.min(Math.floor(at), STOPS.length - 2);
  const low = STOPS[index] ?? STOPS[0];
  const high = STOPS[index + 1] ?? low;
  const part = at - index;
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(low[channel] + (high[channel] - low[channel]) * part);
  return [mix(0), mix(1), mix(2)];
}
