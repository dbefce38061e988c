import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readHeader } from './header.ts';
import { kindOf } from './magic.ts';
import { MAX_KEPT_PIXELS, openImage } from './open-image.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const box = (brand: string): Uint8Array => bytes(`\0\0\0\x18ftyp${brand}\0\0\0\0`);
const blank = (width: number, height: number, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background: { r: 200, g: 60, b: 60, alpha: 1 } } });

/** Two frames, one above the other, as sharp takes them. */
const twoFrames = () =>
  sharp(Buffer.concat([Buffer.alloc(12 * 9 * 3, 40), Buffer.alloc(12 * 9 * 3, 200)]), {
    raw: { width: 12, height: 18, channels: 3, pageHeight: 9 },
  });

describe('kindOf', () => {
  it.each([
    ['%PDF-1.7', 'a PDF document'],
    ['PK\x03\x04rest', 'a zip archive or office document'],
    ['<!DOCTYPE html><p>', 'a web page'],
    ['  <?xml version="1.0"?><svg xmlns=""/>', 'an SVG drawing, made of shapes and not of pixels'],
    ['II*\0....', 'a TIFF image'],
    ['just some words', 'a text file'],
  ])('names %j as %s', (text, label) => {
    expect(kindOf(bytes(text))).toMatchObject({ label });
  });

  it('tells HEIC, AVIF and video apart by their brand', () => {
    expect(kindOf(box('heic'))).toMatchObject({ role: 'rare-image', label: 'a HEIC photo' });
    expect(kindOf(box('avif'))).toMatchObject({ role: 'image', format: 'avif' });
    expect(kindOf(box('isom'))).toMatchObject({ role: 'other', label: 'an MP4 video' });
  });

  it('does not guess at bytes it does not know', () => {
    expect(kindOf(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))).toEqual({ role: 'unknown' });
  });
});

describe('readHeader', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('reads the size of a real %s', async (format) => {
    const file = new Uint8Array(await blank(37, 21).toFormat(format).toBuffer());
    expect(kindOf(file)).toMatchObject({ role: 'image', format });
    expect(readHeader(file, format)).toMatchObject({
      width: 37,
      height: 21,
      animated: false,
      orientation: 1,
    });
  });

  it('reads the size of lossless and of transparent WebP', async () => {
    const lossless = new Uint8Array(await blank(300, 20).webp({ lossless: true }).toBuffer());
    expect(readHeader(lossless, 'webp')).toMatchObject({ width: 300, height: 20 });
    const extended = new Uint8Array(await blank(301, 20).withExif({}).webp().toBuffer());
    expect(readHeader(extended, 'webp')).toMatchObject({ width: 301, height: 20 });
  });

  it('finds the EXIF orientation of a JPEG', async () => {
    const file = new Uint8Array(await blank(30, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect(readHeader(file, 'jpeg')).toMatchObject({ width: 30, height: 20, orientation: 6 });
  });

  it('knows an animated GIF and an animated WebP from still ones', async () => {
    const gif = new Uint8Array(await twoFrames().gif({ loop: 1 }).toBuffer());
    expect(readHeader(gif, 'gif')).toMatchObject({ width: 12, height: 9, animated: true });
    const webp = new Uint8Array(await twoFrames().webp().toBuffer());
    expect(readHeader(webp, 'webp')).toMatchObject({ animated: true });
  });

  it('knows an APNG by its control chunk', async () => {
    const still = new Uint8Array(await blank(8, 8).png().toBuffer());
    const control = Uint8Array.of(0, 0, 0, 8, ...bytes('acTL'), 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0);
    const animated = Uint8Array.of(...still.subarray(0, 33), ...control, ...still.subarray(33));
    expect(readHeader(still, 'png').animated).toBe(false);
    expect(readHeader(animated, 'png').animated).toBe(true);
  });

  it('survives being cut anywhere', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif'] as const) {
      const file = new Uint8Array(await blank(30, 20).toFormat(format).toBuffer());
      for (let length = 0; length < Math.min(file.length, 400); length++) {
        expect(() => readHeader(file.subarray(0, length), format)).not.toThrow();
      }
    }
  });
});

describe('openImage', () => {
  const decoding = (width: number, height: number, transparent = false) => {
    const asked: (number | undefined)[] = [];
    return {
      asked,
      decode: async (_: Blob, to?: number) => {
        asked.push(to);
        return to === undefined
          ? { width, height }
          : { width: to, height: Math.round((to * height) / width) };
      },
      hasTransparency: () => transparent,
    };
  };
  const failing = {
    decode: () => Promise.reject(new Error('cannot decode')),
    hasTransparency: () => false,
  };

  /** A PNG that says it is of this size; nothing here looks further. */
  async function pngOf(width: number, height: number): Promise<Blob> {
    const file = new Uint8Array(await readFile('fixtures/images/tiny_50x37.png'));
    const view = new DataView(file.buffer);
    view.setUint32(16, width);
    view.setUint32(20, height);
    return new Blob([file]);
  }

  it('opens a plain image without a word', async () => {
    const opened = await openImage(await pngOf(50, 37), 'tiny.png', decoding(50, 37));
    expect(opened).toMatchObject({ width: 50, height: 37, notes: [] });
  });

  it('reduces 100 megapixels while decoding, says so, and keeps the size of the original', async () => {
    const decoder = decoding(12000, 9000);
    const opened = await openImage(await pngOf(12000, 9000), 'huge.png', decoder);
    expect(opened).toMatchObject({ width: 12000, height: 9000 });
    expect(opened.bitmap.width * opened.bitmap.height).toBeLessThanOrEqual(MAX_KEPT_PIXELS * 1.001);
    expect(decoder.asked).toEqual([opened.bitmap.width]);
    expect(opened.notes[0]).toContain('108 megapixels');
  });

  it('reduces a turned photo to the width it has when upright', async () => {
    const small = new Uint8Array(await blank(80, 60).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    const at = small.findIndex((byte, i) => byte === 0xff && small[i + 1] === 0xc0);
    new DataView(small.buffer).setUint16(at + 5, 9000);
    new DataView(small.buffer).setUint16(at + 7, 12000);
    const opened = await openImage(new Blob([small]), 'turned.jpg', decoding(9000, 12000));
    expect(opened).toMatchObject({ width: 9000, height: 12000 });
    expect(opened.bitmap.width).toBeLessThan(opened.bitmap.height);
  });

  it('refuses what would not fit memory before it is decoded', async () => {
    const decoder = decoding(30000, 30000);
    await expect(openImage(await pngOf(30000, 30000), 'bomb.png', decoder)).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('900 megapixels'),
    });
    expect(decoder.asked).toEqual([]);
  });

  it('says what is special: transparent, tiny, animated', async () => {
    const transparent = await openImage(await pngOf(4, 5), 'icon.png', decoding(4, 5, true));
    expect(transparent.notes.join(' ')).toMatch(/4 × 5 pixels.*white/);
    const gif = new Blob([new Uint8Array(await twoFrames().gif().toBuffer())]);
    expect((await openImage(gif, 'a.gif', decoding(12, 9))).notes).toContain(
      'An animation: its first frame is used.',
    );
  });

  it('names the type of what is no image, whatever its name says', async () => {
    await expect(openImage(new Blob(['%PDF-1.4']), 'photo.jpg', failing)).rejects.toMatchObject({
      code: 'not-an-image',
      message: 'photo.jpg is a PDF document, not an image.',
    });
  });

  it('tells a broken image from one that the browser does not know', async () => {
    await expect(openImage(await pngOf(50, 37), 'cut.png', failing)).rejects.toMatchObject({
      code: 'broken-image',
      message: 'cut.png is a PNG image, but it cannot be decoded: it may be damaged or cut short.',
    });
    await expect(openImage(new Blob([box('heic').slice()]), 'IMG_1.heic', failing)).rejects.toMatchObject({
      code: 'unsupported-image',
    });
  });

  it('opens a HEIC photo where the browser can', async () => {
    const opened = await openImage(new Blob([box('heic').slice()]), 'IMG_1.heic', decoding(40, 30));
    expect(opened).toMatchObject({ width: 40, height: 30 });
  });

  it('says that an empty file is empty', async () => {
    await expect(openImage(new Blob([]), 'a.png', failing)).rejects.toMatchObject({ code: 'empty-file' });
  });
});
