/** One map of the atlas: the greyed image with the map over it, as a button. */
import { useEffect, useMemo, useRef } from 'react';
import { type MapChoice, paperFrame } from '../../grounding/maps.ts';
import type { Grounding } from '../../state/grounding-store.ts';
import type { OpenedImage } from '../../state/image/open-image.ts';
import { useSettings } from '../state-context.tsx';
import { inTurn } from './frames.ts';
import { choiceTitle, numberText } from './names.ts';
import { paint, paintedSide } from './paint.ts';
import { mapOf, scaleFor } from './shown-map.ts';

/** Pixels along the longer side of a tile. */
const SIDE = 192;
const OPACITY = 0.78;

/** The image in greys, as large as a tile; made once for all of them. */
export function useGreyed(image: OpenedImage): HTMLCanvasElement {
  return useMemo(() => {
    const { bitmap } = image;
    const scale = SIDE / Math.max(bitmap.width, bitmap.height);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext('2d');
    if (context) {
      context.fillStyle = '#fff';
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.filter = 'grayscale(1)';
      context.imageSmoothingQuality = 'high';
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    }
    return canvas;
  }, [image]);
}

export function AtlasTile({
  grounding,
  image,
  greyed,
  choice,
  current,
  place,
  reachable,
  onFocus,
  onPick,
}: {
  grounding: Grounding;
  image: OpenedImage;
  greyed: HTMLCanvasElement;
  choice: MapChoice;
  /** Whether it is the map on the stage. */
  current: boolean;
  /** "row column", by which arrows find it. */
  place: string;
  /** Whether Tab comes here. */
  reachable: boolean;
  onFocus: () => void;
  onPick: () => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colourMap = useSettings((state) => state.colourMap);
  const scale = useSettings((state) => state.scale);
  const fixedMax = useSettings((state) => state.fixedMax);
  const glow = useSettings((state) => state.heatMapGlow);
  const smooth = useSettings((state) => state.heatMapSmooth);
  const { readings } = grounding;
  const map = mapOf(readings, choice);
  useEffect(
    () =>
      inTurn(() => {
        const context = canvas.current?.getContext('2d');
        if (!context) return;
        const side = paintedSide(map.grid, smooth);
        const pixels = new ImageData(side, side);
        const own = scaleFor(map, choice, { colourMap, scale, fixedMax });
        paint(map, { scale: own, colours: colourMap, threshold: 0, smooth, glow }, pixels.data);
        const painted = new OffscreenCanvas(side, side);
        painted.getContext('2d')?.putImageData(pixels, 0, 0);
        const { x1, y1, x2, y2 } = paperFrame(map, readings.letterbox).rect;
        const per = greyed.width / image.bitmap.width;
        context.globalAlpha = 1;
        context.drawImage(greyed, 0, 0);
        context.globalAlpha = OPACITY;
        context.imageSmoothingEnabled = smooth;
        context.drawImage(painted, x1 * per, y1 * per, (x2 - x1) * per, (y2 - y1) * per);
      }),
    [map, choice, colourMap, scale, fixedMax, smooth, glow, greyed, image, readings],
  );
  const title = choiceTitle(readings, choice);
  return (
    <button
      type="button"
      className="atlas-tile"
      data-at={place}
      data-testid="atlas-tile"
      aria-current={current}
      aria-label={`${title}: highest ${numberText(map.max)}`}
      title={`${title}: ${numberText(map.min)} to ${numberText(map.max)}`}
      tabIndex={reachable ? 0 : -1}
      onFocus={onFocus}
      onClick={onPick}
    >
      <canvas ref={canvas} width={greyed.width} height={greyed.height} />
    </button>
  );
}
