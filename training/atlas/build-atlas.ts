/**
 * Rasterises the emoji art of the scene generator into an atlas: one square RGBA tile per picture, cropped to
 * what is drawn, the longer side filling the tile. Not part of the app; a build product that is never committed.
 *
 *     npx tsx training/atlas/build-atlas.ts [--size 128] [--packs noto,twemoji,…] [--out training/atlas/build]
 *
 * Writes `atlas-SIZE.bin` (uint8, tile × row × column × RGBA, alpha not premultiplied, drawn from the top left
 * corner) and `atlas-SIZE.json` (`{size, tiles: [{pack, icon, noun, width, height}]}`, width and height of what
 * is drawn, in pixels; `noun` indexes nouns.json).
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';

interface IconSet {
  readonly icons: Readonly<
    Record<string, { readonly body: string; readonly width?: number; readonly height?: number }>
  >;
  readonly aliases?: Readonly<Record<string, { readonly parent: string }>>;
  readonly width?: number;
  readonly height?: number;
}

interface Noun {
  readonly noun: string;
  readonly icons: readonly string[];
}

interface Tile {
  readonly pack: string;
  readonly icon: string;
  readonly noun: number;
  readonly width: number;
  readonly height: number;
}

/** Drawn at this multiple of the tile first, so that cropping to the picture costs no sharpness. */
const OVERSAMPLING = 2;
/** Alpha below this (of 255) does not count as drawn: faint shadows would widen the boxes. */
const DRAWN = 24;

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '128' },
    packs: { type: 'string', default: 'noto,twemoji,fluent-emoji-flat,openmoji' },
    out: { type: 'string', default: join(here, 'build') },
  },
});
const size = Number(values.size);
if (!Number.isInteger(size) || size < 16 || size > 1024)
  throw new Error(`--size ${values.size}: not 16 to 1024`);

/** The SVG document of one icon. Throws where the pack lacks it. */
function svgOf(pack: string, set: IconSet, name: string): string {
  const icon = set.icons[set.aliases?.[name]?.parent ?? name] ?? set.icons[name];
  if (!icon) throw new Error(`${pack} has no icon ${name}`);
  const [width, height] = [icon.width ?? set.width ?? 16, icon.height ?? set.height ?? 16];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `width="${size * OVERSAMPLING}" height="${size * OVERSAMPLING}" viewBox="0 0 ${width} ${height}">${icon.body}</svg>`
  );
}

/** The smallest rectangle holding every pixel that is drawn. */
function drawnRect(rgba: Buffer, width: number, height: number) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if ((rgba[(y * width + x) * 4 + 3] ?? 0) >= DRAWN) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
  if (right < 0) throw new Error('an empty picture');
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** One tile: size × size × RGBA, and how much of it is drawn on. */
async function rasterise(svg: string): Promise<{ rgba: Buffer; width: number; height: number }> {
  const drawn = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const rect = drawnRect(drawn.data, drawn.info.width, drawn.info.height);
  const scale = size / Math.max(rect.width, rect.height);
  const width = Math.max(1, Math.round(rect.width * scale));
  const height = Math.max(1, Math.round(rect.height * scale));
  const rgba = await sharp(drawn.data, {
    raw: { width: drawn.info.width, height: drawn.info.height, channels: 4 },
  })
    .extract(rect)
    .resize(width, height, { fit: 'fill' })
    .extend({ right: size - width, bottom: size - height, background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .raw()
    .toBuffer();
  return { rgba, width, height };
}

const require = createRequire(import.meta.url);
const nouns = JSON.parse(readFileSync(join(here, 'nouns.json'), 'utf8')) as readonly Noun[];
const tiles: Tile[] = [];
const pixels: Buffer[] = [];
for (const pack of values.packs.split(',')) {
  const set = JSON.parse(
    readFileSync(require.resolve(`@iconify-json/${pack}/icons.json`), 'utf8'),
  ) as IconSet;
  for (const [noun, { icons }] of nouns.entries())
    for (const icon of icons) {
      const { rgba, width, height } = await rasterise(svgOf(pack, set, icon));
      tiles.push({ pack, icon, noun, width, height });
      pixels.push(rgba);
    }
}
mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, `atlas-${size}.bin`), Buffer.concat(pixels));
writeFileSync(join(values.out, `atlas-${size}.json`), `${JSON.stringify({ size, tiles }, null, 1)}\n`);
console.log(`${tiles.length} tiles of ${size} px in ${values.out}`);
