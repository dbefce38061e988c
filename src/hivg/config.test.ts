import { describe, expect, it } from 'vitest';
import type { ClipConfig } from './config.ts';
import { deriveConfig, parseClipConfig } from './config.ts';
import { HivgError } from './errors.ts';
import { tinyArgs, tinyModel } from './testing/tiny-checkpoint.ts';

const shapes = (changes: Record<string, readonly number[] | null> = {}) => {
  const model = tinyModel();
  return (name: string) => (name in changes ? (changes[name] ?? null) : (model.get(name)?.shape ?? null));
};

/** The tiny network with as many layers as a released one has. */
function layered(layers: number) {
  const shapeOf = shapes();
  return (name: string) => {
    const index = /^clip\.(?:vision|text)_model\.encoder\.layers\.(\d+)\./.exec(name)?.[1];
    return shapeOf(index !== undefined && Number(index) < layers ? name.replace(`.${index}.`, '.0.') : name);
  };
}

function released(model: string, layers: number, changes: Record<string, unknown> = {}) {
  const own = { model, bridged_layers: undefined, vision_states: undefined, text_states: undefined };
  return deriveConfig(tinyArgs({ ...own, ...changes }), layered(layers));
}

function codeOf(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof HivgError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a configuration', () => {
  it.each([
    ['ViT-B/16', 12, [0, 3, 7, 11], [1, 4, 8, 12]],
    ['ViT-B/32', 12, [0, 3, 7, 11], [1, 4, 8, 12]],
    ['ViT-L/14', 24, [4, 10, 16, 22], [6, 12, 18, 24]],
    ['ViT-L/14-336', 24, [11, 15, 19, 23], [12, 16, 20, 24]],
  ])("knows %s's bridged layers and vision states", (model, layers, bridged, states) => {
    expect(released(model, layers)).toMatchObject({ bridgedLayers: bridged, visionStates: states });
  });

  it('bridges nothing in a large model that was only warmed up', () => {
    expect(released('ViT-L/14', 24, { warmup: true }).bridgedLayers).toEqual([]);
    expect(released('ViT-B/16', 12, { warmup: true }).bridgedLayers).toEqual([0, 3, 7, 11]);
  });

  it.each([
    ['unc', [12]],
    ['unc+', [6, 12]],
    ['referit', [6, 12]],
    ['flickr', [12]],
    ['gref_umd', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ])('reads the text states that training on %s used', (dataset, states) => {
    expect(released('ViT-B/16', 12, { dataset }).textStates).toEqual(states);
  });

  it('reads one text state under mixup, whatever the data set', () => {
    expect(released('ViT-B/16', 12, { dataset: 'unc+', mixup_pretrain: true })).toMatchObject({
      mixup: true,
      textStates: [12],
    });
  });

  it('takes the lists of an unreleased model from its args', () => {
    const config = deriveConfig(
      tinyArgs({ bridged_layers: [1], vision_states: [2], text_states: [1, 2] }),
      shapes(),
    );
    expect(config).toMatchObject({ bridgedLayers: [1], visionStates: [2], textStates: [1, 2] });
  });

  it('needs those lists where the model is not known', () => {
    const args = tinyArgs({ bridged_layers: undefined });
    expect(codeOf(() => deriveConfig(args, shapes()))).toMatchObject({
      code: 'unknown-architecture',
      message: expect.stringContaining("'mini'"),
    });
  });

  it('takes heads from the CLIP config where there is one, else width / 64', () => {
    const clip: ClipConfig = {
      text_config: { num_attention_heads: 4 },
      vision_config: { num_attention_heads: 2 },
    };
    expect(deriveConfig(tinyArgs(), shapes(), clip)).toMatchObject({
      vision: { heads: 2 },
      text: { heads: 4 },
    });
    expect(deriveConfig(tinyArgs(), shapes())).toMatchObject({ vision: { heads: 1 }, text: { heads: 1 } });
  });

  it('refuses heads that do not divide the width', () => {
    const clip: ClipConfig = {
      text_config: { num_attention_heads: 1 },
      vision_config: { num_attention_heads: 3 },
    };
    expect(codeOf(() => deriveConfig(tinyArgs(), shapes(), clip)).code).toBe('bad-clip-config');
    const narrow = shapes({ 'clip.vision_model.embeddings.patch_embedding.weight': [24, 3, 8, 8] });
    expect(codeOf(() => deriveConfig(tinyArgs(), narrow))).toMatchObject({
      code: 'unknown-architecture',
      message: expect.stringContaining('--clip-config'),
    });
  });

  it.each([
    ['an image side at odds with the patches', { imsize: 24 }, /imsize is 24/],
    ['heads that do not divide the grounding width', { vl_nheads: 3 }, /cannot have 3 heads/],
    ['a bridged layer that does not exist', { bridged_layers: [2] }, /no bridged layer 2/],
    ['a vision state that does not exist', { vision_states: [3] }, /no vision state 3/],
    ['a text state that is no number', { text_states: ['x'] }, /no text state NaN/],
  ])('refuses %s', (_, changes, message) => {
    const error = codeOf(() => deriveConfig(tinyArgs(changes), shapes()));
    expect(error.code).toBe('unknown-architecture');
    expect(error.message).toMatch(message);
  });

  it('refuses positions that do not form a square, or do not fit the sequence', () => {
    const positions = 'clip.vision_model.embeddings.position_embedding.weight';
    expect(codeOf(() => deriveConfig(tinyArgs(), shapes({ [positions]: [6, 64] }))).message).toMatch(
      /square/,
    );
    const error = codeOf(() => deriveConfig(tinyArgs(), shapes({ 'vl_pos_embed.weight': [12, 8] })));
    expect(error.message).toMatch(/has 12 positions.* make 11/);
  });

  it('says what a file lacks that is no HiVG checkpoint', () => {
    expect(codeOf(() => deriveConfig(tinyArgs(), () => null)).code).toBe('not-a-hivg-checkpoint');
  });
});

describe("CLIP's config.json", () => {
  it('gives the heads of both towers', () => {
    const json = {
      text_config: { num_attention_heads: 8 },
      vision_config: { num_attention_heads: 12, x: 1 },
    };
    expect(parseClipConfig(json).vision_config.num_attention_heads).toBe(12);
  });

  it.each([[null], [{}], [{ text_config: { num_attention_heads: 0 }, vision_config: {} }]])(
    'is refused with the missing field named: %j',
    (json) => {
      expect(codeOf(() => parseClipConfig(json))).toMatchObject({
        code: 'bad-clip-config',
        message: expect.stringContaining('text_config.num_attention_heads'),
      });
    },
  );
});
