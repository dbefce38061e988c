/**
 * The history's entries: one grounding each, with all that has been read of it, so that going back runs nothing again.
 * Pure functions over lists; when what is asked of the worker is the grounding store's.
 */

import type { AttentionReply, DenseReply, GroundedReply, LoadedModel } from '../../workers/protocol.ts';
import type { Readings } from '../grounding/readings.ts';
import type { GroundingError } from './grounding-client.ts';

const MAX_ENTRIES = 100;
/** What the readings of all entries may take. An entry of the base network takes 3 MB, one of the large one 8 MB. */
export const MAX_READING_BYTES = 256 * 2 ** 20;

/** Edges of a box as fractions of the image, 0 to 1, from its left and its top. */
export interface BoxFractions {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Milliseconds by part. Decoding, resizing and the patches graph were done once for the image. */
export interface PartTimes {
  /** From the file to pixels. */
  readonly decode: number;
  readonly resize: number;
  readonly patches: number;
  /** 0 where the expression was remembered. */
  readonly text: number;
  readonly image: number;
  readonly readBack: number;
  /** From the request to the box in the worker; what was done earlier for the image is not in it. */
  readonly total: number;
  /** Reading the vision layers' attention back after the box; null while that is to come. */
  readonly attention: number | null;
  /** The dense graph; null where it has not run. */
  readonly dense: number | null;
}

/** The dense graph runs when it is asked for. */
export type DenseStatus =
  | { readonly phase: 'unread' | 'running' | 'read' }
  | { readonly phase: 'failed'; readonly error: GroundingError };

export interface Grounding {
  readonly key: string;
  readonly expression: string;
  readonly box: BoxFractions;
  readonly result: GroundedReply['result'];
  /** The worker's number for it. */
  readonly groundId: number;
  /** Fills up after the box: a reading that has arrived makes a new object of it. */
  readonly readings: Readings;
  readonly dense: DenseStatus;
  readonly times: PartTimes;
  /** The kind of pictures that the model behind it was trained on, where its bundle says. */
  readonly pictures?: LoadedModel['pictures'];
  /** Made while the expression was being written: the next one takes its place, unless it was asked for. */
  readonly live: boolean;
}

/** What was measured of the image before the expression came. */
export interface ImageTimes {
  readonly decode: number;
  readonly resize: number;
}

/** Expressions that differ in case alone are one; another model, place or precision makes another. */
export function keyOf(expression: string, model: LoadedModel): string {
  return [model.name, model.provider, model.precision, expression.toLowerCase()].join('\n');
}

export function groundingOf(
  key: string,
  expression: string,
  { id, result }: GroundedReply,
  model: LoadedModel,
  image: ImageTimes,
  live: boolean,
): Grounding {
  const { imageWidth, imageHeight } = result.letterbox;
  const { x1, y1, x2, y2 } = result.box;
  const { grid, letterbox, patchMask, tokens, words, regAttention } = result;
  const { patches, text, image: imageMs, readBack, resize, total } = result.timings;
  return {
    key,
    expression,
    box: { left: x1 / imageWidth, top: y1 / imageHeight, right: x2 / imageWidth, bottom: y2 / imageHeight },
    result: { ...result, expression },
    groundId: id,
    readings: {
      grid,
      letterbox,
      patchMask,
      tokens,
      words,
      bridgedLayers: model.bridgedLayers,
      regAttention,
    },
    dense: { phase: 'unread' },
    pictures: model.pictures,
    times: {
      decode: image.decode,
      resize: resize || image.resize,
      patches,
      text,
      image: imageMs,
      readBack,
      total,
      attention: null,
      dense: null,
    },
    live,
  };
}

export function withAttention(entry: Grounding, reply: AttentionReply): Grounding {
  const { clsAttention, wordAttention, totalMs } = reply;
  return {
    ...entry,
    readings: { ...entry.readings, clsAttention, ...(wordAttention ? { wordAttention } : {}) },
    times: { ...entry.times, attention: totalMs },
  };
}

export function withDense(entry: Grounding, reply: DenseReply): Grounding {
  const { regRollout, tokenSimilarity, mask, totalMs } = reply;
  return {
    ...entry,
    readings: { ...entry.readings, regRollout, tokenSimilarity, mask },
    dense: { phase: 'read' },
    times: { ...entry.times, dense: totalMs },
  };
}

/** The list with an entry in front; one of the same key, and one made while writing, make room for it. */
export function withNewest(entries: readonly Grounding[], newest: Grounding): Grounding[] {
  const others = entries.filter(({ key, live }) => key !== newest.key && !live);
  return withinBudget([newest, ...others].slice(0, MAX_ENTRIES));
}

/** The list with its entry of that key changed. */
export function withChanged(
  entries: readonly Grounding[],
  key: string,
  change: (entry: Grounding) => Grounding,
): Grounding[] {
  return withinBudget(
    entries.map((entry) => (entry.key === key ? change(entry) : entry)),
    key,
  );
}

/** An entry whose image was away: what was running then has no one waiting for it. */
export function rested(entry: Grounding): Grounding {
  return entry.dense.phase === 'running' ? { ...entry, dense: { phase: 'unread' } } : entry;
}

/**
 * From the newest on, entries keep what was read as long as memory allows; older ones are read again when shown.
 *
 * @param spared the key of one that keeps what it has all the same: it has just been read
 */
export function withinBudget(entries: readonly Grounding[], spared?: string): Grounding[] {
  let bytes = 0;
  return entries.map((entry) => {
    const own = bytesOf(entry.readings);
    bytes += own;
    return bytes > MAX_READING_BYTES && own > 0 && entry.key !== spared ? lightened(entry) : entry;
  });
}

/** Of what came after the box. */
function bytesOf({ clsAttention, wordAttention, regRollout, tokenSimilarity, mask }: Readings): number {
  const late = [clsAttention?.data, wordAttention?.data, regRollout, tokenSimilarity, mask];
  return late.reduce((sum, data) => sum + (data?.byteLength ?? 0), 0);
}

function lightened(entry: Grounding): Grounding {
  const { clsAttention, wordAttention, regRollout, tokenSimilarity, mask, ...readings } = entry.readings;
  const times = { ...entry.times, attention: null, dense: null };
  return { ...entry, readings, dense: { phase: 'unread' }, times };
}
