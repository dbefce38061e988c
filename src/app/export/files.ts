/** Exports as files: what is shown becomes a PNG, an SVG or a JSON, to be saved or put on the clipboard. */
import type { AppState } from '../../state/app-state.ts';
import { paint, paintedSide } from '../attention/paint.ts';
import { panesOf } from '../attention/shown-map.ts';
import { contentOf, type ExportContent, type MapContent } from './content.ts';
import { type DataInput, jsonPieces } from './data.ts';
import { figureLayout } from './figure-layout.ts';
import type { Drawing } from './marks.ts';
import { PICTURE } from './pane-marks.ts';
import { pictureLayout } from './picture-layout.ts';
import { drawOn, measureText } from './to-canvas.ts';
import { toSvg } from './to-svg.ts';

export type ExportKind = 'picture' | 'figure' | 'data';
export type ExportFormat = 'png' | 'svg' | 'json';

/** What cannot be exported, in a sentence that says what to do. */
export class ExportError extends Error {
  readonly code: 'nothing-shown' | 'too-large' | 'clipboard';

  constructor(code: ExportError['code'], message: string) {
    super(message);
    this.name = 'ExportError';
    this.code = code;
  }
}

/** Pixels for a point of the figure: 300 dots an inch would be 4.2. */
export const FIGURE_SCALE = 4;
/** Programs that show SVGs smooth what is enlarged: small maps are embedded with larger squares. Pixels. */
const EMBEDDED_SIDE = 1024;
/** A photograph of more pixels than this is embedded as a JPEG: as a PNG it would be tens of megabytes. */
const MOST_LOSSLESS_PIXELS = 2_000_000;
const JPEG_QUALITY = 0.95;
/** Of a frame's 16 ms. */
const SHARE_MS = 8;

/** What is on the stage now. A word that is merely pointed at is not part of it. */
export function shownContent(state: AppState): ExportContent {
  const { image } = state.image.getState();
  const { shown, entries } = state.grounding.getState();
  if (!image || !shown)
    throw new ExportError('nothing-shown', 'There is nothing to export yet. Find something first.');
  const settings = state.settings.getState();
  const { choice, compare } = state.attention.getState();
  const panes = panesOf(shown, entries, { choice, compare, hoverWord: null }, settings);
  return contentOf(image, panes, shown, state.groundTruth.getState().box, settings);
}

export const drawingOf = (kind: 'picture' | 'figure', content: ExportContent): Drawing =>
  (kind === 'picture' ? pictureLayout : figureLayout)(content, measureText);

/** A map as pixels; with hard edges where its cells are to be seen. */
function painted({ shown, level, smooth, glow }: MapContent, leastSide: number): HTMLCanvasElement {
  const side = paintedSide(shown.map.grid, smooth);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const pixels = context.createImageData(side, side);
  const { scale, colours } = shown;
  paint(shown.map, { scale, colours, threshold: level, smooth, glow }, pixels.data);
  context.putImageData(pixels, 0, 0);
  if (side >= leastSide) return canvas;
  const large = document.createElement('canvas');
  large.width = large.height = side * Math.ceil(leastSide / side);
  const enlarged = large.getContext('2d');
  if (!enlarged) return canvas;
  enlarged.imageSmoothingEnabled = smooth;
  enlarged.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}

/** What the names of a drawing's rasters stand for. */
export function picturesOf(
  bitmap: ImageBitmap,
  { panes }: ExportContent,
  leastSide = 1,
): Map<string, HTMLCanvasElement | ImageBitmap> {
  const pictures = new Map<string, HTMLCanvasElement | ImageBitmap>([[PICTURE, bitmap]]);
  for (const { map } of panes) if (map) pictures.set(map.raster, painted(map, leastSide));
  return pictures;
}

async function blobOf(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Blob> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  if (blob) return blob;
  throw new ExportError(
    'too-large',
    `${canvas.width} × ${canvas.height} pixels are more than this browser can write as a picture. Reduce the image first.`,
  );
}

function dataUri(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

async function embedded(picture: HTMLCanvasElement | ImageBitmap): Promise<string> {
  if (picture instanceof HTMLCanvasElement) return dataUri(await blobOf(picture, 'image/png'));
  const { width, height } = picture;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (context) {
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.drawImage(picture, 0, 0);
  }
  const lossless = width * height <= MOST_LOSSLESS_PIXELS;
  return dataUri(await (lossless ? blobOf(canvas, 'image/png') : blobOf(canvas, 'image/jpeg', JPEG_QUALITY)));
}

async function png(kind: 'picture' | 'figure', bitmap: ImageBitmap, content: ExportContent): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const drawing = drawingOf(kind, content);
  drawOn(canvas, drawing, picturesOf(bitmap, content), kind === 'figure' ? FIGURE_SCALE : 1);
  return blobOf(canvas, 'image/png');
}

async function svg(kind: 'picture' | 'figure', bitmap: ImageBitmap, content: ExportContent): Promise<Blob> {
  const uris = new Map<string, string>();
  for (const [name, picture] of picturesOf(bitmap, content, EMBEDDED_SIDE)) {
    uris.set(name, await embedded(picture));
  }
  return new Blob([toSvg(drawingOf(kind, content), uris)], { type: 'image/svg+xml' });
}

/** In pieces of a few milliseconds each. */
async function json(input: DataInput): Promise<Blob> {
  const pieces: string[] = [];
  let start = performance.now();
  for (const piece of jsonPieces(input)) {
    pieces.push(piece);
    if (performance.now() - start < SHARE_MS) continue;
    await new Promise((resolve) => setTimeout(resolve));
    start = performance.now();
  }
  return new Blob(pieces, { type: 'application/json' });
}

export function dataInput(state: AppState): DataInput {
  const { image } = state.image.getState();
  const { shown } = state.grounding.getState();
  if (!image || !shown)
    throw new ExportError('nothing-shown', 'There is nothing to export yet. Find something first.');
  const { status } = state.model.getState();
  const model = status.phase === 'ready' ? status.model : null;
  const { precision, provider } = shown.result;
  return {
    image,
    shown,
    truth: state.groundTruth.getState().box,
    model: model?.precision === precision && model.provider === provider ? model : null,
    settings: state.settings.getState(),
    choice: state.attention.getState().choice,
  };
}

/**
 * @param format of a picture or figure `png` or `svg`, of data `json`
 * @throws ExportError
 */
export async function makeFile(state: AppState, kind: ExportKind, format: ExportFormat): Promise<Blob> {
  if (kind === 'data') return json(dataInput(state));
  const content = shownContent(state);
  const { bitmap } = dataInput(state).image;
  return format === 'svg' ? svg(kind, bitmap, content) : png(kind, bitmap, content);
}
