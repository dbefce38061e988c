import { beforeAll, describe, expect, it } from 'vitest';
import { GroundingInputError } from './errors.ts';
import type { RgbImage } from './preprocess.ts';
import { preprocess } from './preprocess.ts';
import type { SafetensorsTensor } from './safetensors.ts';
import { floatsOf, readFixtureImage, readFixtureJson, readFixtureTensors } from './testing/fixture-files.ts';

interface Entry {
  readonly image: string;
  readonly size: number;
  readonly content_rect_xywh: readonly [number, number, number, number];
}

const entries = Object.entries(await readFixtureJson<Record<string, Entry>>('preprocess.json'));

/** One step of an 8-bit channel after the division by the smallest standard deviation. */
const ONE_STEP = 1 / 255 / 0.225;

let reference: ReadonlyMap<string, SafetensorsTensor>;
beforeAll(async () => {
  reference = await readFixtureTensors('preprocess.safetensors');
});

describe.each(entries)('%s', (key, { image, size, content_rect_xywh: [left, top, width, height] }) => {
  it('is placed where the original places it', async () => {
    const { letterbox } = preprocess(await readFixtureImage(image), size, 16);
    expect(letterbox).toMatchObject({ left, top, width, height, side: size });
  });

  it('has the pixels of the original', async () => {
    const { pixels } = preprocess(await readFixtureImage(image), size, 16);
    const expected = floatsOf(reference, `${key}/pixels`);
    expect(pixels.length).toBe(expected.length);
    let largest = 0;
    let equal = 0;
    for (let i = 0; i < pixels.length; i++) {
      const difference = Math.abs((pixels[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
      largest = Math.max(largest, difference);
      if (difference === 0) equal += 1;
    }
    expect(largest).toBeLessThanOrEqual(ONE_STEP);
    expect(equal / pixels.length).toBeGreaterThanOrEqual(0.999);
  });

  it('has the patch masks of the original', async () => {
    const patches = [...reference.keys()]
      .filter((name) => name.startsWith(`${key}/patch_mask_`))
      .map((name) => Number(name.split('_').at(-1)));
    expect(patches.length).toBeGreaterThan(0);
    const decoded = await readFixtureImage(image);
    for (const patch of patches) {
      const { patchMask, grid } = preprocess(decoded, size, patch);
      expect(grid).toBe(size / patch);
      expect([...patchMask]).toEqual([...(reference.get(`${key}/patch_mask_${patch}`)?.data ?? [])]);
    }
  });
});

describe('images with alpha', () => {
  /** A little image whose bytes follow no pattern the resampler could hide a mistake in. */
  const rgb = (width: number, height: number): RgbImage => ({
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i * 31 + i * 7) % 256),
  });
  const withAlpha = ({ width, height, data }: RgbImage, alpha: number): RgbImage => ({
    width,
    height,
    channels: 4,
    data: Uint8Array.from({ length: width * height * 4 }, (_, i) =>
      i % 4 === 3 ? alpha : (data[Math.floor(i / 4) * 3 + (i % 4)] ?? 0),
    ),
  });

  it('are as without where they are opaque', () => {
    const image = rgb(61, 43);
    expect(preprocess(withAlpha(image, 255), 64, 8)).toEqual(preprocess(image, 64, 8));
  });

  it('are white where they are transparent', () => {
    const image = rgb(61, 43);
    const white: RgbImage = { ...image, data: new Uint8Array(image.data.length).fill(255) };
    expect(preprocess(withAlpha(image, 0), 64, 8)).toEqual(preprocess(white, 64, 8));
  });

  it('are half-way to white at half alpha', () => {
    const grey: RgbImage = { width: 8, height: 8, channels: 4, data: new Uint8Array(256).fill(100) };
    for (let i = 3; i < 256; i += 4) grey.data[i] = 128;
    const laid: RgbImage = { width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(177) };
    expect(preprocess(grey, 16, 8)).toEqual(preprocess(laid, 16, 8));
  });
});

describe('what an image may be', () => {
  const plain = (width: number, height: number, bytes = width * height * 3): RgbImage => ({
    width,
    height,
    channels: 3,
    data: new Uint8Array(bytes).fill(90),
  });

  it('keeps a row of an image too thin to keep one at the network’s scale', () => {
    const { letterbox, pixels } = preprocess(plain(2000, 1), 64, 8);
    expect(letterbox).toMatchObject({ width: 64, height: 1 });
    expect(pixels.filter((value) => value !== 0).length).toBe(3 * 64);
  });

  it('enlarges a single pixel to the whole square', () => {
    const { pixels, patchMask } = preprocess(plain(1, 1), 16, 8);
    expect(new Set(pixels.subarray(0, 256)).size).toBe(1);
    expect([...patchMask]).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['no width', plain(0, 10), 'image-size'],
    ['a fraction of a pixel', { ...plain(1, 10), width: 1.5 }, 'image-size'],
    ['an absurd height', { ...plain(1, 10), height: 1e9 }, 'image-size'],
    ['too few bytes', plain(10, 10, 299), 'image-data'],
    ['bytes of another channel count', plain(10, 10, 400), 'image-data'],
  ])('refuses %s', (_, image, code) => {
    expect(() => preprocess(image, 224, 16)).toThrow(expect.objectContaining({ code }));
    expect(() => preprocess(image, 224, 16)).toThrow(GroundingInputError);
  });

  it('refuses patches that do not tile the square', () => {
    expect(() => preprocess(plain(10, 10), 224, 15)).toThrow(
      expect.objectContaining({ code: 'network-size' }),
    );
  });
});
