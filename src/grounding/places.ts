// Where tokens stand. The grounding encoder's whole sequence is [REG, CLS, patches, words]; what is masked does not
// enter it, so rows of a graph's outputs have to be put back in their places. Index arithmetic only.

/** Places before the patches: [REG] and [CLS]. */
export const LEADING_TOKENS = 2;

export interface SequencePlaces {
  /** Places of the whole sequence that are not masked, in order; the first is [REG]'s, 0. */
  readonly kept: Int32Array;
  /** For the dense graph: `kept`, then the masked patches, which ask but are not read. */
  readonly asking: Int32Array;
  /** Rows of `asking` that are read: 0 … kept − 1. */
  readonly keyRows: Int32Array;
  /** Row of `asking` at which each patch stands. */
  readonly patchRows: Int32Array;
  /** Row of `asking` at which the end token stands. */
  readonly endRow: number;
  /** Length of the whole sequence. */
  readonly length: number;
}

/**
 * @param patchMask [patches], 1 on padding
 * @param textMask [context], 1 where a word position is masked (its id is 0)
 * @param end position of the end token, which is never masked
 */
export function sequencePlaces(patchMask: Uint8Array, textMask: Uint8Array, end: number): SequencePlaces {
  const patches = patchMask.length;
  const firstWord = LEADING_TOKENS + patches;
  const kept = [0, 1];
  const masked: number[] = [];
  patchMask.forEach((padding, patch) => void (padding ? masked : kept).push(LEADING_TOKENS + patch));
  textMask.forEach((hidden, position) => {
    if (!hidden) kept.push(firstWord + position);
  });
  const asking = Int32Array.from([...kept, ...masked]);
  const rowOf = new Map(Array.from(asking, (place, row) => [place, row] as const));
  const row = (place: number) => rowOf.get(place) ?? 0;
  return {
    kept: Int32Array.from(kept),
    asking,
    keyRows: Int32Array.from(kept, (_, index) => index),
    patchRows: Int32Array.from({ length: patches }, (_, patch) => row(LEADING_TOKENS + patch)),
    endRow: row(firstWord + end),
    length: firstWord + textMask.length,
  };
}

/** Rows over `kept` [count, kept] as rows over the whole sequence [count, length], 0 where nothing was read. */
export function spreadRows(rows: Float32Array, places: SequencePlaces): Float32Array {
  const { kept, length } = places;
  const count = rows.length / kept.length;
  const spread = new Float32Array(count * length);
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < kept.length; i++) {
      spread[r * length + (kept[i] as number)] = rows[r * kept.length + i] as number;
    }
  }
  return spread;
}

/**
 * The mask's cells [patches, 64] as a map [8 · grid, 8 · grid]. A patch's cells come in the order (y3 x3 y2 x2 y1 x1),
 * each 0 or 1, y1 x1 the coarsest half (see `maskLogits` in src/hivg/heads.ts).
 */
export function maskMap(cells: Float32Array, grid: number): Float32Array {
  const side = 8 * grid;
  const map = new Float32Array(side * side);
  for (let patch = 0; patch < grid * grid; patch++) {
    const top = Math.floor(patch / grid) * 8;
    const left = (patch % grid) * 8;
    for (let cell = 0; cell < 64; cell++) {
      const bit = (index: number) => (cell >> index) & 1;
      const y = bit(1) * 4 + bit(3) * 2 + bit(5);
      const x = bit(0) * 4 + bit(2) * 2 + bit(4);
      map[(top + y) * side + left + x] = cells[patch * 64 + cell] as number;
    }
  }
  return map;
}
