import { describe, expect, it } from 'vitest';
import { Checkpoint, type StoredTensor } from './checkpoint.ts';
import { HivgError, type HivgErrorCode } from './errors.ts';
import { stored, TINY, tinyArgs, tinyModel } from './testing/tiny-checkpoint.ts';

const WEIGHT = 'clip.vision_model.encoder.layers.0.self_attn.q_proj.weight';

function refusal(model: Map<string, StoredTensor>): { code: HivgErrorCode; message: string } {
  try {
    Checkpoint.open(model, tinyArgs());
  } catch (error) {
    if (error instanceof HivgError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The tiny model with CLIP wrapped as peft does it, and LoRA on one weight. */
function wrapped(base: string, wraps = 1): Map<string, StoredTensor> {
  const prefix = `clip.${'base_model.model.'.repeat(wraps)}`;
  const model = new Map<string, StoredTensor>();
  for (const [name, tensor] of tinyModel()) {
    model.set((name === WEIGHT ? base : name).replace(/^clip\./, prefix), tensor);
  }
  const module = WEIGHT.replace(/^clip\./, prefix).replace(/\.weight$/, '');
  model.set(`${module}.lora_A.default.weight`, stored([2, 64], Array(128).fill(1)));
  model.set(`${module}.lora_B.default.weight`, stored([64, 2], Array(128).fill(3)));
  return model;
}

describe('a checkpoint', () => {
  it('opens when every key is there, and gives tensors by plain name', async () => {
    const checkpoint = Checkpoint.open(tinyModel(), tinyArgs());
    expect(checkpoint.config).toEqual(TINY);
    expect(checkpoint.summary).toMatchObject({ wraps: 0, adapters: 0, naming: 'none' });
    expect(checkpoint.tensor('reg_token.weight').shape).toEqual([1, 8]);
    expect(Array.from(await checkpoint.tensor('reg_token.weight').load())).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('names a key that is missing', () => {
    const model = tinyModel();
    model.delete('visu_proj.bias');
    expect(refusal(model)).toMatchObject({
      code: 'missing-keys',
      message: expect.stringContaining('visu_proj.bias'),
    });
  });

  it('may lack what the forward pass does not read', () => {
    const model = tinyModel();
    expect(model.delete('reg_pos_embed.weight')).toBe(true);
    expect(Checkpoint.open(model, tinyArgs()).config).toEqual(TINY);
  });

  it('lists keys that it would not use', () => {
    const model = tinyModel();
    model.set('extra_head.weight', stored([1]));
    model.set('extra_head.bias', stored([1]));
    const { code, message } = refusal(model);
    expect(code).toBe('unused-keys');
    expect(message).toContain('extra_head.weight, extra_head.bias');
  });

  it('lists some of many unused keys and counts the rest', () => {
    const model = tinyModel();
    for (let i = 0; i < 20; i++) model.set(`extra${i}`, stored([1]));
    expect(refusal(model).message).toContain('extra11 and 8 more');
  });

  it('says which tensor has the wrong shape, and which shape was expected', () => {
    const model = tinyModel();
    model.set('visu_proj.bias', stored([9]));
    const { code, message } = refusal(model);
    expect(code).toBe('wrong-shape');
    expect(message).toContain('visu_proj.bias is [9], not [8]');
  });

  it.each([
    ['lora_A', "'s LoRA A"],
    ['lora_B', "'s LoRA B"],
  ])('refuses a file that lacks %s of a pair', (half, words) => {
    const model = wrapped(WEIGHT);
    for (const name of [...model.keys()]) if (name.includes(half)) model.delete(name);
    const { code, message } = refusal(model);
    expect(code).toBe('missing-keys');
    expect(message).toContain(WEIGHT + words);
  });

  it('refuses LoRA on a weight that has none', () => {
    const model = tinyModel();
    model.set('visu_proj.lora_A.default.weight', stored([2, 8]));
    model.set('visu_proj.lora_B.default.weight', stored([8, 2]));
    expect(refusal(model)).toMatchObject({
      code: 'unused-keys',
      message: expect.stringContaining('visu_proj.weight (its LoRA)'),
    });
  });

  it('refuses two tensors that have one name when unwrapped', () => {
    const model = tinyModel();
    model.set('module.visu_proj.bias', stored([8]));
    expect(refusal(model)).toMatchObject({
      code: 'unused-keys',
      message: expect.stringContaining("'visu_proj.bias' twice, once as 'module.visu_proj.bias'"),
    });
  });

  it.each([
    ['peft 0.3', WEIGHT, 1],
    ['peft 0.7', WEIGHT.replace('.weight', '.base_layer.weight'), 4],
  ])('reads the names of %s and merges LoRA', async (naming, base, wraps) => {
    const checkpoint = Checkpoint.open(wrapped(base, wraps), tinyArgs());
    expect(checkpoint.summary).toMatchObject({ naming, wraps, adapters: 1 });
    const merged = await checkpoint.tensor(WEIGHT).load();
    // W + 16/32 · B·A, where every element of B·A is 2 · 3 · 1.
    expect(Array.from(merged)).toEqual(Array.from({ length: 64 * 64 }, (_, index) => index + 3));
  });
});
