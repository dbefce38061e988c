// The tensors of a checkpoint under plain names: peft's wrapping taken off, LoRA merged, every key accounted for.
// A key that is neither used nor known to be unused refuses the file: loading such a file silently is what cost users
// of the original their accuracy (peft ≥ 0.7 renames the base weights; the original's issues 12 and 14).

import type { CheckpointArgs, ClipConfig, HivgConfig } from './config.ts';
import { deriveConfig } from './config.ts';
import { HivgError } from './errors.ts';
import { expectedTensors } from './keys.ts';
import type { LazyLinear, LazyTensor } from './lazy-tensor.ts';
import { withLora } from './lazy-tensor.ts';

/** LoRA's alpha over its rank in the original (16 over 32), which no checkpoint stores. */
const LORA_SCALE = 16 / 32;

/** How many keys an error message lists before it only counts. */
const LISTED_KEYS = 12;

/** A tensor as a checkpoint reader gives it: shape now, values on demand. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readFloat32(): Promise<Float32Array>;
}

interface LoraPair {
  a?: StoredTensor;
  b?: StoredTensor;
}

export interface CheckpointSummary {
  /** How often peft wrapped CLIP: the HiLoRA stage + 1, or 0 where it never did. */
  readonly wraps: number;
  /** Weights with a low-rank adapter. */
  readonly adapters: number;
  /** Which peft wrote the names: `base_layer.` came with 0.7. */
  readonly naming: 'none' | 'peft 0.3' | 'peft 0.7';
  readonly parameters: number;
}

/** A checked checkpoint: every tensor that the network of `config` needs is there, with the right shape. */
export class Checkpoint {
  readonly config: HivgConfig;
  readonly summary: CheckpointSummary;
  readonly #tensors: ReadonlyMap<string, LazyTensor>;

  private constructor(
    config: HivgConfig,
    summary: CheckpointSummary,
    tensors: ReadonlyMap<string, LazyTensor>,
  ) {
    this.config = config;
    this.summary = summary;
    this.#tensors = tensors;
  }

  /**
   * @param model the checkpoint's `model`: tensors by stored name
   * @param args the fields of its `args`
   * @throws {HivgError} `missing-keys`, `unused-keys` (both list the keys), `wrong-shape`, and what `deriveConfig` throws
   */
  static open(
    model: ReadonlyMap<string, StoredTensor>,
    args: CheckpointArgs,
    clipConfig?: ClipConfig,
  ): Checkpoint {
    const { tensors, lora, summary } = plainNames(model);
    const config = deriveConfig(args, (name) => tensors.get(name)?.shape ?? null, clipConfig);
    const expected = expectedTensors(config);
    const missing: string[] = [];
    const wrong: string[] = [];
    const merged = new Map<string, LazyTensor>();
    for (const [name, { shape, unused, lora: adaptable }] of expected) {
      const tensor = tensors.get(name);
      tensors.delete(name);
      if (unused) continue;
      if (!tensor) {
        missing.push(name);
        continue;
      }
      if (tensor.shape.join() !== shape.join()) {
        wrong.push(`${name} is [${tensor.shape.join(', ')}], not [${shape.join(', ')}]`);
        continue;
      }
      const pair = adaptable ? lora.get(name) : undefined;
      if (pair) lora.delete(name);
      merged.set(name, mergedTensor(name, tensor, pair, missing));
    }
    if (missing.length > 0) {
      throw new HivgError('missing-keys', `The checkpoint lacks ${listed(missing)}.`);
    }
    const left = [...tensors.keys(), ...[...lora.keys()].map((name) => `${name} (its LoRA)`)];
    if (left.length > 0) {
      throw new HivgError(
        'unused-keys',
        `The checkpoint has ${listed(left)}, which this network does not read; converting it would lose what they hold.`,
      );
    }
    if (wrong.length > 0) throw new HivgError('wrong-shape', `In the checkpoint, ${listed(wrong)}.`);
    return new Checkpoint(config, summary, merged);
  }

  /** The tensor of that plain name, LoRA merged. Asking for one that the network does not have is a mistake here. */
  tensor(name: string): LazyTensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw new HivgError('missing-keys', `The checkpoint lacks ${name}.`);
    return tensor;
  }

  /** `name.weight` and `name.bias`. */
  linear(name: string): LazyLinear {
    return { weight: this.tensor(`${name}.weight`), bias: this.tensor(`${name}.bias`) };
  }
}

function mergedTensor(
  name: string,
  tensor: StoredTensor,
  pair: LoraPair | undefined,
  missing: string[],
): LazyTensor {
  const plain = lazy(tensor);
  if (!pair) return plain;
  if (!pair.a || !pair.b) {
    missing.push(`${name}'s LoRA ${pair.a ? 'B' : 'A'}`);
    return plain;
  }
  return withLora(plain, lazy(pair.a), lazy(pair.b), LORA_SCALE);
}

function lazy(tensor: StoredTensor): LazyTensor {
  return { shape: tensor.shape, load: () => tensor.readFloat32() };
}

/** Takes off what training wrapped around the names, and sets LoRA's matrices apart by the weight they adapt. */
function plainNames(model: ReadonlyMap<string, StoredTensor>) {
  const tensors = new Map<string, StoredTensor>();
  const lora = new Map<string, LoraPair>();
  let wraps = 0;
  let naming: CheckpointSummary['naming'] = 'none';
  let parameters = 0;
  for (const [stored, tensor] of model) {
    parameters += tensor.shape.reduce((product, size) => product * size, 1);
    // DistributedDataParallel saves `module.…` where the original's script forgot to unwrap.
    let name = stored.replace(/^module\./, '');
    const wrapping = /^clip\.((?:base_model\.model\.)+)/.exec(name)?.[1];
    if (wrapping) {
      wraps = Math.max(wraps, wrapping.length / 'base_model.model.'.length);
      name = `clip.${name.slice('clip.'.length + wrapping.length)}`;
    }
    const adapter = /^(.*)\.lora_([AB])\.default\.weight$/.exec(name);
    if (adapter?.[1]) {
      const weight = `${adapter[1]}.weight`;
      const pair = lora.get(weight) ?? {};
      pair[adapter[2] === 'A' ? 'a' : 'b'] = tensor;
      lora.set(weight, pair);
      if (naming === 'none') naming = 'peft 0.3';
      continue;
    }
    if (name.includes('.base_layer.')) {
      naming = 'peft 0.7';
      name = name.replace('.base_layer.', '.');
    }
    if (tensors.has(name)) {
      throw new HivgError('unused-keys', `The checkpoint holds '${name}' twice, once as '${stored}'.`);
    }
    tensors.set(name, tensor);
  }
  return { tensors, lora, summary: { wraps, adapters: lora.size, naming, parameters } };
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, LISTED_KEYS).join(', ');
  return items.length > LISTED_KEYS ? `${shown} and ${items.length - LISTED_KEYS} more` : shown;
}
