/**
 * The map over the picture: colours, the outline of its top share, the patches' grid, the padding around the image
 * where the paper's frame is wanted. A map is painted once into a canvas of a pixel a patch, or of some more where it
 * is smooth, and enlarged when the layer is drawn, so that zooming repaints nothing.
 */
import { memo, useMemo, useRef } from 'react';
import { Layer, Shape } from 'react-konva/lib/ReactKonvaCore';
import { paperFrame } from '../../grounding/maps.ts';
import type { OpenedImage } from '../../state/image/open-image.ts';
import { tracePath } from '../attention/contour.ts';
import { paint, paintedSide } from '../attention/paint.ts';
import type { Pane, ShownMap } from '../attention/shown-map.ts';
import { usePane } from '../attention/use-panes.ts';
import { useGrounding, useSettings } from '../state-context.tsx';
import { metered } from '../timings/draw-meter.ts';
import { placeBox, type Rect } from './fit.ts';
import { GRID, isMask, levelOf, OUTLINE, outlineOf, PADDING, SUBTRACTED } from './map-look.ts';
import { CORNER } from './PictureLayer.tsx';
import { imageRect, type LayerProps, toStage, type View } from './view.ts';

/** The map as a canvas to be enlarged; the canvas stays the same as long as its size does. */
function usePainted(
  shown: ShownMap | null,
  threshold: number,
  smooth: boolean,
  glow: boolean,
): HTMLCanvasElement | null {
  const kept = useRef<{ context: CanvasRenderingContext2D; pixels: ImageData } | null>(null);
  return useMemo(() => {
    if (!shown) return null;
    const side = paintedSide(shown.map.grid, smooth);
    if (kept.current?.pixels.width !== side) {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = side;
      const context = canvas.getContext('2d');
      if (!context) return null;
      kept.current = { context, pixels: context.createImageData(side, side) };
    }
    const { context, pixels } = kept.current;
    metered(() =>
      paint(shown.map, { scale: shown.scale, colours: shown.colours, threshold, smooth, glow }, pixels.data),
    );
    context.putImageData(pixels, 0, 0);
    return context.canvas;
  }, [shown, threshold, smooth, glow]);
}

function strokeTwice(canvas: CanvasRenderingContext2D): void {
  canvas.lineJoin = 'round';
  canvas.strokeStyle = OUTLINE.halo;
  canvas.lineWidth = OUTLINE.haloWidth;
  canvas.stroke();
  canvas.strokeStyle = OUTLINE.colour;
  canvas.lineWidth = OUTLINE.width;
  canvas.stroke();
}

/** Lines between the patches of a square, a pixel of the screen wide where one has room for it. */
function drawGrid(canvas: CanvasRenderingContext2D, square: Rect, grid: number): void {
  canvas.beginPath();
  for (let i = 1; i < grid; i++) {
    const along = (i * square.width) / grid;
    canvas.moveTo(square.x + along, square.y);
    canvas.lineTo(square.x + along, square.y + square.height);
    canvas.moveTo(square.x, square.y + along);
    canvas.lineTo(square.x + square.width, square.y + along);
  }
  canvas.strokeStyle = GRID.halo;
  canvas.lineWidth = GRID.haloWidth;
  canvas.stroke();
  canvas.strokeStyle = GRID.colour;
  canvas.lineWidth = GRID.width;
  canvas.stroke();
}

/** Where the padded square lies on the stage. Maps count in pixels of the bitmap, which may have been reduced. */
function squareOnStage(view: View, image: OpenedImage, { grounding, shown }: Pane): Rect | null {
  if (!shown) return null;
  const { rect } = paperFrame(shown.map, grounding.readings.letterbox);
  const scale = (view.scale * image.width) / image.bitmap.width;
  return toStage(
    { ...view, scale },
    { x: rect.x1, y: rect.y1, width: rect.x2 - rect.x1, height: rect.y2 - rect.y1 },
  );
}

export const MapLayer = memo(function MapLayer({ view, image }: LayerProps<OpenedImage>) {
  const pane = usePane();
  const working = useGrounding((state) => state.status.phase === 'working');
  const visible = useSettings((state) => state.heatMapVisible);
  const opacity = useSettings((state) => state.heatMapOpacity);
  const glow = useSettings((state) => state.heatMapGlow);
  const smooth = useSettings((state) => state.heatMapSmooth);
  const threshold = useSettings((state) => state.threshold);
  const contour = useSettings((state) => state.contour);
  const patchGrid = useSettings((state) => state.patchGrid);
  const framed = useSettings((state) => state.paperFrame);
  const level = levelOf(pane, threshold);
  const blended = smooth || isMask(pane);
  const canvas = usePainted(pane?.shown ?? null, level, blended, glow);
  const outline = useMemo(() => outlineOf(pane, level, contour, smooth), [pane, level, contour, smooth]);
  const square = pane && squareOnStage(view, image, pane);
  const subtracted = pane?.subtracted;
  const other =
    subtracted && subtracted.key !== pane.grounding.key
      ? placeBox(subtracted.box, imageRect(view, image))
      : null;
  const alpha = working ? opacity / 2 : opacity;

  return (
    <Layer listening={false}>
      {visible && pane && canvas && square && (
        <Shape
          sceneFunc={({ _context: on }) => {
            const rect = imageRect(view, image);
            on.save();
            on.beginPath();
            if (framed) {
              on.roundRect(square.x, square.y, square.width, square.height, CORNER);
              on.roundRect(rect.x, rect.y, rect.width, rect.height, CORNER);
              on.fillStyle = PADDING;
              on.fill('evenodd');
              on.beginPath();
              on.roundRect(square.x, square.y, square.width, square.height, CORNER);
            } else on.roundRect(rect.x, rect.y, rect.width, rect.height, CORNER);
            on.clip();
            on.globalAlpha = alpha;
            on.imageSmoothingEnabled = blended;
            on.imageSmoothingQuality = 'high';
            on.drawImage(canvas, square.x, square.y, square.width, square.height);
            on.globalAlpha = working ? 0.5 : 1;
            if (patchGrid) drawGrid(on, square, pane.grounding.readings.grid);
            if (outline.length > 0 && pane.shown) {
              on.beginPath();
              tracePath(on, outline, { x: square.x, y: square.y, size: square.width / pane.shown.map.grid });
              strokeTwice(on);
            }
            if (other) {
              on.beginPath();
              on.rect(other.x, other.y, other.width, other.height);
              on.setLineDash(SUBTRACTED.dash);
              strokeTwice(on);
            }
            on.restore();
          }}
        />
      )}
    </Layer>
  );
});
