import { describe, expect, it } from 'vitest';
import { regHeatMap } from './attention.ts';
import { letterboxOf } from './boxes.ts';
import { patchMaskOf } from './patch-mask.ts';
import { floatsOf, readFixtureImage, readFixtureJson, readFixtureTensors } from './testing/fixture-files.ts';

const GRID = 4;
const CONTEXT = 5;
const TOKENS = 2 + GRID * GRID + CONTEXT;

/** Two layers of three heads; the value says where it stands: layer, head, token. */
function told(): { data: Float32Array; shape: [number, number, number] } {
  const data = new Float32Array(2 * 3 * TOKENS);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.floor(i / (3 * TOKENS)) * 1000 + (Math.floor(i / TOKENS) % 3) * 100 + (i % TOKENS);
  }
  return { data, shape: [2, 3, TOKENS] };
}

describe('the map of a made-up attention', () => {
  // 40 × 20 in a square of 32: 32 × 16, rows 8 to 24, so patch rows 1 and 2 of four
  const letterbox = letterboxOf(40, 20, 32);
  const mask = patchMaskOf(letterbox, GRID);

  it('is the mean of the last layer’s heads over the patches of the image', () => {
    const map = regHeatMap(told(), GRID, letterbox, mask);
    expect(map).toMatchObject({ columns: 4, rows: 2 });
    // patch 4 is token 6; the mean over heads adds 100
    expect([...map.values]).toEqual([1106, 1107, 1108, 1109, 1110, 1111, 1112, 1113]);
    expect([map.min, map.max]).toEqual([1106, 1113]);
  });

  it('can be of another layer and of one head', () => {
    const map = regHeatMap(told(), GRID, letterbox, mask, { layer: 0, head: 2 });
    expect(map.values[0]).toBe(206);
  });

  it('lies on the whole image when patches end where it ends', () => {
    expect(regHeatMap(told(), GRID, letterbox, mask).rect).toEqual({ x1: 0, y1: 0, x2: 40, y2: 20 });
  });

  it('sticks out of the image where patches straddle its edge', () => {
    // 32 × 24 in a square of 32 with patches of 8: rows 4 to 28, so all four patch rows, 4 px out on either side
    const straddling = letterboxOf(64, 48, 32);
    const map = regHeatMap(told(), GRID, straddling, patchMaskOf(straddling, GRID));
    expect(map).toMatchObject({ columns: 4, rows: 4 });
    expect(map.rect).toEqual({ x1: 0, y1: -8, x2: 64, y2: 56 });
  });

  it('takes least and greatest from what the network could look at', () => {
    const attention = told();
    const masked = Uint8Array.from(mask);
    masked[4] = 1;
    attention.data[5 * TOKENS + 6] = 0;
    const map = regHeatMap(attention, GRID, letterbox, masked, { head: 2 });
    expect(map.values[0]).toBe(0);
    expect(map.min).toBe(1207);
  });

  it('is there, though empty, for an image of which the network sees no patch', () => {
    const sliver = letterboxOf(400, 3, 32);
    const all = patchMaskOf(sliver, GRID);
    expect([...all].every((padding) => padding === 1)).toBe(true);
    const map = regHeatMap({ ...told(), data: new Float32Array(2 * 3 * TOKENS) }, GRID, sliver, all);
    expect(map.columns).toBe(4);
    expect([map.min, map.max]).toEqual([0, 0]);
  });

  it.each([
    ['a layer that is not there', { layer: 2 }],
    ['a layer before the first', { layer: -1 }],
    ['a head that is not there', { head: 3 }],
  ])('is refused for %s', (_, options) => {
    expect(() => regHeatMap(told(), GRID, letterbox, mask, options)).toThrow(
      expect.objectContaining({ code: 'attention-choice' }),
    );
  });

  it.each([
    ['more patches than tokens', { ...told() }, 5, new Uint8Array(25)],
    ['values missing', { ...told(), data: new Float32Array(7) }, GRID, mask],
    ['a dimension missing', { ...told(), shape: [6, TOKENS] }, GRID, mask],
    ['a mask of another grid', told(), GRID, new Uint8Array(9)],
  ])('is refused with %s', (_, attention, grid, padding) => {
    expect(() => regHeatMap(attention, grid, letterbox, padding)).toThrow(
      expect.objectContaining({ code: 'attention-shape' }),
    );
  });
});

interface Case {
  readonly args: { readonly imsize: number };
  readonly clip: { readonly vision: { readonly patch_size: number } };
  readonly cases: readonly { readonly image: string; readonly expression: string }[];
}
const variant = 'base-unc-stage0';
const { args, clip, cases } = await readFixtureJson<Case>(`${variant}/case.json`);
const tensors = await readFixtureTensors(`${variant}/expected.safetensors`);
const grid = args.imsize / clip.vision.patch_size;

describe('the map of reference attention', () => {
  it.each(cases.map((one, index) => ({ ...one, index })))(
    'in case $index ($image) holds all that [REG] gives to patches, and covers the image',
    async ({ image, index }) => {
      const { width, height } = await readFixtureImage(image);
      const letterbox = letterboxOf(width, height, args.imsize);
      const shape = tensors.get(`${index}/reg_attention`)?.shape ?? [];
      const data = floatsOf(tensors, `${index}/reg_attention`);
      const mask = patchMaskOf(letterbox, grid);
      const map = regHeatMap({ data, shape }, grid, letterbox, mask);

      const [layers = 0, heads = 0, tokens = 0] = shape;
      let toPatches = 0;
      for (let head = 0; head < heads; head++) {
        const start = ((layers - 1) * heads + head) * tokens + 2;
        for (const value of data.subarray(start, start + grid * grid)) toPatches += value / heads;
      }
      const inMap = map.values.reduce((sum, value) => sum + value, 0);
      expect(toPatches).toBeGreaterThan(0.1);
      // Nothing is lost by the crop: what lies outside is padding, which is masked.
      expect(inMap).toBeCloseTo(toPatches, 5);

      expect(map.min).toBeGreaterThan(0);
      expect(map.max).toBeGreaterThan(map.min);
      expect(map.rect.x1).toBeLessThanOrEqual(0);
      expect(map.rect.y1).toBeLessThanOrEqual(0);
      expect(map.rect.x2).toBeGreaterThanOrEqual(width * 0.99);
      expect(map.rect.y2).toBeGreaterThanOrEqual(height * 0.99);
    },
  );
});
