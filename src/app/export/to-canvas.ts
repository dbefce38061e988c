/** A drawing on a canvas, at any scale. */
import type { Rect } from '../stage/fit.ts';
import { textWidth } from '../stage/fit-text.ts';
import type { Drawing, Font, Mark, Measure, Stroke } from './marks.ts';

const cssFont = ({ size, family, weight = 400, italic }: Font): string =>
  `${italic ? 'italic ' : ''}${weight} ${size}px ${family}`;

export const measureText: Measure = (text, font) => textWidth(text, cssFont(font));

function drawMark(
  context: CanvasRenderingContext2D,
  mark: Mark,
  pictures: ReadonlyMap<string, CanvasImageSource>,
): void {
  const clip = (to: Rect | undefined): void => {
    if (!to) return;
    context.beginPath();
    context.rect(to.x, to.y, to.width, to.height);
    context.clip();
  };
  const stroke = (path: Path2D, { stroke: colour, width = 1, dash = [] }: Stroke): void => {
    if (colour === undefined) return;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.lineJoin = 'round';
    context.stroke(path);
  };
  switch (mark.kind) {
    case 'rect': {
      const { x, y, width, height } = mark.rect;
      const path = new Path2D();
      path.roundRect(x, y, width, height, mark.radius ?? 0);
      context.globalAlpha = mark.opacity ?? 1;
      if (mark.fill !== undefined) {
        context.fillStyle = mark.fill;
        context.fill(path);
      }
      stroke(path, mark);
      break;
    }
    case 'path':
      clip(mark.clip);
      context.globalAlpha = mark.opacity ?? 1;
      stroke(new Path2D(mark.data), mark);
      break;
    case 'raster': {
      const picture = pictures.get(mark.raster);
      if (!picture) throw new Error(`There is no picture for the raster '${mark.raster}'.`);
      clip(mark.clip);
      context.globalAlpha = mark.opacity ?? 1;
      context.imageSmoothingEnabled = mark.smooth;
      context.imageSmoothingQuality = 'high';
      const { x, y, width, height } = mark.rect;
      context.drawImage(picture, x, y, width, height);
      break;
    }
    case 'text':
      context.font = cssFont(mark.font);
      context.textAlign = ({ start: 'left', middle: 'center', end: 'right' } as const)[mark.anchor];
      context.fillStyle = mark.fill;
      context.fillText(mark.text, mark.x, mark.y);
      break;
    case 'gradient': {
      const { x, y, width, height } = mark.rect;
      const gradient = context.createLinearGradient(0, y + height, 0, y);
      for (const [i, { rgb, opacity }] of mark.stops.entries()) {
        gradient.addColorStop(i / (mark.stops.length - 1), `rgb(${rgb.join(' ')} / ${opacity})`);
      }
      context.fillStyle = gradient;
      context.fillRect(x, y, width, height);
      break;
    }
  }
}

/** Draws into the canvas, which takes the drawing's size times `scale`. */
export function drawOn(
  canvas: HTMLCanvasElement,
  { width, height, background, marks }: Drawing,
  pictures: ReadonlyMap<string, CanvasImageSource>,
  scale: number,
): void {
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(canvas.width / width, canvas.height / height);
  if (background !== null) {
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
  }
  for (const mark of marks) {
    context.save();
    drawMark(context, mark, pictures);
    context.restore();
  }
}
