import { beforeEach, describe, expect, it } from 'vitest';
import { boxInImage } from '../../grounding/boxes.ts';
import type { Grounding } from '../../state/entries.ts';
import type { OpenedImage } from '../../state/image/open-image.ts';
import { DEFAULT_SETTINGS, type SettingsState } from '../../state/settings-store.ts';
import { entryOf, MODEL } from '../../state/testing/fake-port.ts';
import { panesOf } from '../attention/shown-map.ts';
import { contentOf, type ExportContent } from './content.ts';
import { facts, jsonPieces, tensorsOf } from './data.ts';
import { CYAN, figureLayout, LIME } from './figure-layout.ts';
import type { Drawing, Mark, Measure } from './marks.ts';
import { fileName } from './names.ts';
import { PICTURE } from './pane-marks.ts';
import { pictureLayout } from './picture-layout.ts';
import { toSvg } from './to-svg.ts';

const measure: Measure = (text, { size }) => text.length * size * 0.5;
/** The prediction is the left half of the image. */
const image = {
  key: 1,
  name: 'park.jpg',
  width: 400,
  height: 200,
  bitmap: { width: 400, height: 200 } as ImageBitmap,
  decodeMs: 3,
  notes: [],
  suggestions: [],
} satisfies OpenedImage;
const settings: SettingsState = { ...DEFAULT_SETTINGS, set: () => undefined };
const truth = boxInImage(100, 20, 300, 180);
let entry: Grounding;

beforeEach(() => {
  const data = Float32Array.from({ length: 275 }, (_, i) => Math.sin(i) ** 2 / 100);
  entry = entryOf('the dog', { regAttention: { data, shape: [1, 1, 275] } });
});

function content(change: Partial<SettingsState> = {}, of: OpenedImage = image): ExportContent {
  const all = { ...settings, ...change };
  const looking = {
    choice: { source: 'reg', layer: 0, head: 'mean' } as const,
    compare: null,
    hoverWord: null,
  };
  return contentOf(of, panesOf(entry, [entry], looking, all), entry, truth, all);
}

const rectOf = (drawing: Drawing, id: string) => {
  const found = drawing.marks.find((mark) => mark.kind === 'rect' && mark.id === id);
  if (found?.kind !== 'rect') throw new Error(`no rect '${id}'`);
  return found;
};
const rasters = ({ marks }: Drawing): Extract<Mark, { kind: 'raster' }>[] =>
  marks.filter((mark) => mark.kind === 'raster');
const texts = ({ marks }: Drawing): string[] =>
  marks.flatMap((mark) => (mark.kind === 'text' ? [mark.text] : []));

describe('the picture', () => {
  it('has the size of the image, with the boxes where they are in it', () => {
    const drawing = pictureLayout(content(), measure);
    expect(drawing).toMatchObject({ width: 400, height: 200 });
    expect(rectOf(drawing, 'prediction').rect).toEqual({ x: 0, y: 0, width: 200, height: 200 });
    expect(rectOf(drawing, 'ground-truth').rect).toEqual({ x: 100, y: 20, width: 200, height: 160 });
    expect(texts(drawing)).toEqual(['the dog', 'IoU 0.28']);
  });

  it('has the map over all of the padded square, cut at the image, as strong as it is set', () => {
    const map = rasters(pictureLayout(content({ heatMapOpacity: 0.3, heatMapSmooth: false }), measure)).at(1);
    expect(map).toMatchObject({ raster: 'map-0', opacity: 0.3, smooth: false });
    expect(map?.rect.y).toBeCloseTo(-100, 9);
    expect(map?.rect.height).toBeCloseTo(400, 9);
    expect(map?.clip).toEqual({ x: 0, y: 0, width: 400, height: 200 });
  });

  it('is the padded square where the paper’s frame is shown', () => {
    const drawing = pictureLayout(content({ paperFrame: true }), measure);
    expect(drawing).toMatchObject({ width: 400, height: 400 });
    expect(rectOf(drawing, 'prediction').rect.y).toBeCloseTo(100, 9);
    expect(rectOf(drawing, 'prediction').rect.height).toBe(200);
  });

  it('leaves out the map that is hidden', () => {
    const drawing = pictureLayout(content({ heatMapVisible: false }), measure);
    expect(rasters(drawing).map(({ raster }) => raster)).toEqual([PICTURE]);
  });

  it('counts in pixels of the bitmap where the file has more', () => {
    const drawing = pictureLayout(content({}, { ...image, width: 800, height: 400 }), measure);
    expect(drawing).toMatchObject({ width: 400, height: 200 });
    expect(rectOf(drawing, 'ground-truth').rect).toEqual({ x: 50, y: 10, width: 100, height: 80 });
  });
});

describe('the figure', () => {
  it('shows the prediction in cyan and the ground truth in lime, where they are in the image', () => {
    const drawing = figureLayout(content(), measure);
    const [picture] = rasters(drawing);
    if (!picture) throw new Error('no picture');
    const scale = picture.rect.width / 400;
    const prediction = rectOf(drawing, 'prediction');
    expect(prediction.stroke).toBe(CYAN);
    expect(prediction.rect.x).toBeCloseTo(picture.rect.x, 9);
    expect(prediction.rect.width).toBeCloseTo(200 * scale, 9);
    const drawn = rectOf(drawing, 'ground-truth');
    expect(drawn.stroke).toBe(LIME);
    expect(drawn.rect.x).toBeCloseTo(picture.rect.x + 100 * scale, 9);
    expect(drawn.rect.y).toBeCloseTo(picture.rect.y + 20 * scale, 9);
  });

  it('says the expression, the overlap, the map and the numbers of its scale', () => {
    const words = texts(figureLayout(content(), measure));
    expect(words).toContain('“the dog”');
    expect(words).toContain('ground truth (IoU 0.28)');
    expect(words.join(' ')).toContain('[REG] · layer 1 · mean of heads, attention weight');
    expect(words).toContain('0.01');
  });

  it('keeps everything inside of itself, of any shape of image', () => {
    for (const [width, height] of [
      [400, 200],
      [200, 400],
      [1000, 20],
      [20, 1000],
    ] as const) {
      const shape = { ...image, width, height, bitmap: { width, height } as ImageBitmap };
      const drawing = figureLayout(content({}, shape), measure);
      for (const mark of drawing.marks) {
        if (mark.kind !== 'text') continue;
        const length = measure(mark.text, mark.font);
        const left = { start: mark.x, middle: mark.x - length / 2, end: mark.x - length }[mark.anchor];
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left + length).toBeLessThanOrEqual(drawing.width);
        expect(mark.y).toBeLessThanOrEqual(drawing.height);
      }
    }
  });
});

describe('an SVG', () => {
  const pictures = new Map([
    [PICTURE, 'data:image/png;base64,AAAA'],
    ['map-0', 'data:image/png;base64,BBBB'],
  ]);

  it('keeps boxes and text as such, and pictures inside', () => {
    const text = toSvg(pictureLayout(content(), measure), pictures);
    expect(text).toMatch(/<rect id="ground-truth" x="100" y="20" width="200" height="160"/);
    expect(text).toMatch(/<text[^>]*>the dog<\/text>/);
    expect(text).toContain('href="data:image/png;base64,BBBB"');
    expect(text).not.toMatch(/href="(?!data:)/);
  });

  it('takes what a person wrote for text and nothing else', () => {
    const drawing = pictureLayout(content(), measure);
    const text = toSvg({ ...drawing, title: '<script>"&' }, pictures);
    expect(text).toContain('<title>&#60;script&#62;&#34;&#38;</title>');
  });

  it('refuses to leave a picture out', () => {
    expect(() => toSvg(pictureLayout(content(), measure), new Map())).toThrow("raster 'picture'");
  });
});

describe('the data', () => {
  const choice = { source: 'reg', layer: 0, head: 'mean' } as const;
  const input = () => ({ image, shown: entry, truth, model: MODEL, settings, choice });

  it('is one JSON object with every number that was read, to the last bit', () => {
    const parsed = JSON.parse([...jsonPieces(input())].join(''));
    const { shape, data } = parsed.readings.reg_attention;
    expect(shape).toEqual([1, 1, 275]);
    expect(Float32Array.from(data)).toEqual(entry.readings.regAttention.data);
    expect(data).toEqual([...entry.readings.regAttention.data]);
    expect(Object.keys(parsed.readings)).toEqual(['patch_mask', 'reg_attention']);
  });

  it('has boxes in pixels of the image, the overlap, the model and the display', () => {
    expect(facts(input())).toMatchObject({
      expression: 'the dog',
      box: { x1: 0, y1: 0, x2: 200, y2: 200 },
      boxInFrame: [0.25, 0.5, 0.5, 0.5],
      groundTruth: { box: truth, hit: false, iouIn: 'padded square' },
      model: { name: 'hivg-mini', precision: 'int8', provider: 'wasm', threads: 2 },
      display: { map: choice, colourMap: 'viridis', threshold: 0 },
      milliseconds: { decode: 3, image: 100 },
    });
  });

  it('names all that has been read, when it has been read', () => {
    const patches = new Float32Array(196);
    const read = {
      ...entry.readings,
      clsAttention: { data: new Float32Array(197), shape: [1, 1, 197] },
      tokenSimilarity: patches,
      mask: new Float32Array(196 * 64),
    };
    expect(tensorsOf(read)).toMatchObject({
      cls_attention: { shape: [1, 1, 197] },
      token_similarity: { shape: [196] },
      mask: { shape: [112, 112] },
    });
  });
});

describe('a file’s name', () => {
  it('is made of the image’s and the expression', () => {
    expect(fileName('Farm 1.webp', 'the red tractor!', 'figure', 'svg')).toBe(
      'farm-1-the-red-tractor-figure.svg',
    );
    expect(fileName('farm.webp', 'the tractor', 'picture', 'png')).toBe('farm-the-tractor.png');
  });

  it('keeps letters of any script, and nothing a file system minds', () => {
    expect(fileName('../../写真.png', 'a/b: "c"?', 'data', 'json')).toBe('写真-a-b-c.json');
    expect(fileName('.png', '…', 'picture', 'png')).toBe('grounding.png');
  });
});
