/**
 * Parity with the original: what one grounding gives, beside the reference outputs of the same image and expression,
 * each with the limit it must keep. No files and no runtime here, so that Node and browser tests share it.
 *
 * The limits: 1e-4 for every output, 1e-3 of the largest value for the mask's logits. Some reference networks (random
 * weights at small widths) put scores beyond 100 into the softmax of a bridge, which enlarges float32 rounding: there
 * the last digit of the weights moves an output, and the reference itself, by more than 1e-4. By how much is known
 * (`reference-rounding.json`, made by training/tools/reference_rounding.py in float64), and an output that float32 does not
 * settle to 1e-4 is held to four times that instead, the largest over the variant's cases: how much a network enlarges
 * rounding is its weights' doing, one case's distance is one throw of the dice. A box is always held to 1e-4.
 *
 * The original has no rollout of attention: its reference is computed in float64 by training/tools/reference_rollout.py from
 * the definition, and it is made of [REG]'s attention, whose allowance it has.
 */

import type { Grounder } from '../ground.ts';
import type { Preprocessed } from '../preprocess.ts';
import type { SafetensorsTensor } from '../safetensors.ts';
import type { Encoded } from '../tokenizer.ts';

/** The reference networks under `fixtures/`. */
export const VARIANTS = [
  'base-unc-stage0',
  'base-unc+-stage3',
  'base-unc+-stage3-newer-peft',
  'base-gref_umd-stage1',
  'base-mixup-stage3',
  'base32-unc-stage0',
  'large-flickr-warmup',
  'large-referit-stage2',
  'large336-unc-stage0',
] as const;
export type Variant = (typeof VARIANTS)[number];

export const OUTPUTS = [
  'box',
  'logit',
  'reg_attention',
  'reg_rollout',
  'cls_attention',
  'word_attention',
  'token_similarity',
  'mask_logits',
] as const;
export type OutputName = (typeof OUTPUTS)[number];

/** What is held against the reference; `mask_logits` relative to the reference's largest value. */
export type Outputs = Readonly<Partial<Record<OutputName, Float32Array>>>;

/** What float32 leaves open in the reference, by `case/output`. */
export type ReferenceRounding = Readonly<Record<string, number>>;

export type ReferenceTensors = ReadonlyMap<string, SafetensorsTensor>;

/**
 * A variant's expected outputs with its rollouts.
 *
 * @param rollouts `reference-rollout.safetensors`: rows by `variant/case`
 */
export function withRollouts(
  expected: ReferenceTensors,
  rollouts: ReferenceTensors,
  variant: string,
): ReferenceTensors {
  const own = [...rollouts].filter(([name]) => name.startsWith(`${variant}/`));
  return new Map([
    ...expected,
    ...own.map(([name, row]) => [`${name.slice(variant.length + 1)}/reg_rollout`, row] as const),
  ]);
}

const LIMIT = 1e-4;
const MASK_LIMIT = 1e-3;
const ROUNDING_FACTOR = 4;

export interface Difference {
  readonly output: OutputName;
  /** Largest absolute difference (relative for the mask); NaN where a value is NaN or the lengths differ. */
  readonly error: number;
  readonly limit: number;
  /** What float32 leaves open in the reference. */
  readonly rounding: number;
}

/** Grounds once and reads everything the network gives. */
export async function outputsOf(grounder: Grounder, image: Preprocessed, text: Encoded): Promise<Outputs> {
  const grounding = await grounder.ground(image, text);
  try {
    const { regRollout, tokenSimilarity, maskLogits } = await grounding.dense();
    return {
      box: Float32Array.from(grounding.boxInFrame),
      logit: Float32Array.of(grounding.logit),
      reg_attention: grounding.regAttention.data,
      reg_rollout: regRollout.data,
      cls_attention: Float32Array.from((await grounding.clsAttention()).data),
      word_attention: Float32Array.from((await grounding.wordAttention()).data),
      token_similarity: tokenSimilarity.data,
      mask_logits: maskLogits.data,
    };
  } finally {
    grounding.dispose();
  }
}

/** The outputs that the reference of a case holds, each compared. */
export function differences(
  outputs: Outputs,
  reference: ReferenceTensors,
  index: number,
  rounding: ReferenceRounding,
): Difference[] {
  const found: Difference[] = [];
  for (const output of OUTPUTS) {
    const expected = reference.get(`${index}/${output}`);
    if (expected?.dtype !== 'F32') continue;
    const own = largestRounding(rounding, output);
    found.push({
      output,
      error: distance(outputs[output], expected.data, output === 'mask_logits'),
      limit: limitOf(output, own),
      rounding: own,
    });
  }
  return found;
}

/** What float32 leaves open in that output, the most over a variant's cases. */
export function largestRounding(rounding: ReferenceRounding, output: OutputName): number {
  const measured = output === 'reg_rollout' ? 'reg_attention' : output;
  const own = Object.entries(rounding).filter(([key]) => key.endsWith(`/${measured}`));
  return Math.max(0, ...own.map(([, value]) => value));
}

/** How far an output may be from the reference, see above. */
export function limitOf(output: OutputName, rounding: number): number {
  if (output === 'box') return LIMIT;
  return Math.max(output === 'mask_logits' ? MASK_LIMIT : LIMIT, ROUNDING_FACTOR * rounding);
}

/** Largest difference; NaN as soon as one value is NaN or missing, so that it passes no comparison. */
export function distance(values: Float32Array | undefined, expected: Float32Array, relative = false): number {
  if (values?.length !== expected.length) return Number.NaN;
  let largest = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((values[i] as number) - (expected[i] as number));
    if (Number.isNaN(difference)) return Number.NaN;
    largest = Math.max(largest, difference);
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return relative ? largest / scale : largest;
}

/** Differences beyond their limit, in words; empty where the outputs agree. */
export function beyondLimit(found: readonly Difference[]): string[] {
  return found
    .filter(({ error, limit }) => !(error <= limit))
    .map(
      ({ output, error, limit }) =>
        `${output} is ${error.toExponential(2)} off, limit ${limit.toExponential(2)}`,
    );
}
