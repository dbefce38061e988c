/**
 * The picture, the heat map and the box, on Konva: three layers, so that a gliding box repaints neither of the
 * others. Coordinates come as fractions of the image and leave as pixels of the stage here and nowhere else.
 */
import Konva from 'konva/lib/Core';
import 'konva/lib/shapes/Image';
import 'konva/lib/shapes/Rect';
import 'konva/lib/shapes/Text';
import { useMemo, useRef } from 'react';
import { Group, Image, Layer, Rect, Shape, Stage } from 'react-konva/lib/ReactKonvaCore';
import { regHeatMap } from '../../grounding/attention.ts';
import type { Grounding } from '../../state/grounding-store.ts';
import type { OpenedImage } from '../../state/image/open-image.ts';
import { useGrounding, useSettings } from '../state-context.tsx';
import { boxText } from '../words.ts';
import { BoxMark } from './BoxMark.tsx';
import { fitRect, placeBox } from './fit.ts';
import { heatMapPixels } from './heat-map-pixels.ts';
import { useElementSize, useGlide, usePixelRatio } from './hooks.ts';

/** From here on a pixel of the image is to be seen as the square that it is. */
const PIXELATED_FROM = 4;
const CORNER = 6;

function useHeatMap(shown: Grounding | null, smooth: boolean) {
  return useMemo(() => {
    if (!shown) return null;
    const { regAttention, grid, letterbox, patchMask } = shown.result;
    const map = regHeatMap(regAttention, grid, letterbox, patchMask);
    const pixels = heatMapPixels(map, smooth);
    const canvas = document.createElement('canvas');
    canvas.width = pixels.width;
    canvas.height = pixels.height;
    canvas.getContext('2d')?.putImageData(new ImageData(pixels.data, pixels.width, pixels.height), 0, 0);
    const { x1, y1, x2, y2 } = map.rect;
    const { imageWidth, imageHeight } = letterbox;
    return {
      canvas,
      box: { left: x1 / imageWidth, top: y1 / imageHeight, right: x2 / imageWidth, bottom: y2 / imageHeight },
    };
  }, [shown, smooth]);
}

export function ImageStage({ image }: { image: OpenedImage }) {
  const holder = useRef<HTMLDivElement>(null);
  const size = useElementSize(holder);
  const pixelRatio = usePixelRatio();
  const shown = useGrounding((state) => state.shown);
  const working = useGrounding((state) => state.status.phase === 'working');
  const visible = useSettings((state) => state.heatMapVisible);
  const opacity = useSettings((state) => state.heatMapOpacity);
  const smooth = useSettings((state) => state.heatMapSmooth);
  const heat = useHeatMap(shown, smooth);

  const margin = size.width < 600 ? 12 : 28;
  const rect = fitRect(image, size, margin);
  const target = shown ? placeBox(shown.box, rect) : null;
  const box = useGlide(target, rect, shown && `${image.key} ${shown.key}`);
  const pixelated = rect.width / image.width >= PIXELATED_FROM;

  const what = image.alt ? `${image.name}: ${image.alt}` : image.name;
  const label = shown
    ? `${what}. Box for “${shown.expression}” at ${boxText(shown.box, image)} pixels (left, top, right, bottom).`
    : what;

  // Read by Konva whenever a canvas is made; the key below makes them anew.
  Konva.pixelRatio = pixelRatio;

  return (
    <div className="image-stage" ref={holder} role="img" aria-label={label}>
      {size.width > 0 && size.height > 0 && (
        <Stage key={pixelRatio} width={size.width} height={size.height} listening={false}>
          <Layer listening={false}>
            <Rect
              {...rect}
              cornerRadius={CORNER}
              fill="#fff"
              shadowColor="#0b0d12"
              shadowBlur={28}
              shadowOffsetY={8}
              shadowOpacity={0.18}
            />
            <Shape
              sceneFunc={(context) => {
                const canvas = context._context;
                canvas.save();
                canvas.beginPath();
                canvas.roundRect(rect.x, rect.y, rect.width, rect.height, CORNER);
                canvas.clip();
                canvas.imageSmoothingEnabled = !pixelated;
                canvas.imageSmoothingQuality = 'high';
                canvas.drawImage(image.bitmap, rect.x, rect.y, rect.width, rect.height);
                canvas.restore();
              }}
            />
          </Layer>
          <Layer listening={false} imageSmoothingEnabled={smooth}>
            {heat && visible && (
              <Group
                clipFunc={(context) => context.roundRect(rect.x, rect.y, rect.width, rect.height, CORNER)}
              >
                <Image
                  image={heat.canvas}
                  {...placeBox(heat.box, rect)}
                  opacity={working ? opacity / 2 : opacity}
                />
              </Group>
            )}
          </Layer>
          <Layer listening={false}>
            {shown && box && (
              <BoxMark box={box} stage={size} text={shown.expression} opacity={working ? 0.4 : 1} />
            )}
          </Layer>
        </Stage>
      )}
    </div>
  );
}
