/**
 * What there is to export of what is shown, in pixels of the bitmap: boxes, maps with their looks, and words. Pure:
 * a map's pixels are named here and painted elsewhere.
 */
import type { BoxInImage } from '../../grounding/boxes.ts';
import { paperFrame } from '../../grounding/maps.ts';
import type { Grounding } from '../../state/grounding-store.ts';
import type { OpenedImage } from '../../state/image/open-image.ts';
import type { Settings } from '../../state/settings-store.ts';
import type { Loop } from '../attention/contour.ts';
import type { Pane, ShownMap } from '../attention/shown-map.ts';
import { rectOf } from '../ground-truth/grips.ts';
import { agreementOf, predictedBox } from '../ground-truth/truth.ts';
import type { Rect } from '../stage/fit.ts';
import { isMask, levelOf, outlineOf } from '../stage/map-look.ts';
import type { Size } from '../words.ts';

export interface MapContent {
  /** Name of its painted pixels. */
  readonly raster: string;
  readonly shown: ShownMap;
  /** What the map covers: the padded square. */
  readonly square: Rect;
  /** Patches along a side. */
  readonly patches: number;
  /** In cells of the map. */
  readonly outline: readonly Loop[];
  /** Part of the scale under which the image shows. */
  readonly level: number;
  readonly smooth: boolean;
  /** Whether it is clear where its values are low. */
  readonly glow: boolean;
}

export interface PaneContent {
  readonly grounding: Grounding;
  readonly title: string;
  readonly box: Rect;
  /** The box of what was subtracted from the map, where that is another answer. */
  readonly subtracted: Rect | null;
  /** Null where there is none, or it is hidden. */
  readonly map: MapContent | null;
}

export interface TruthContent {
  readonly box: Rect;
  /** With the shown prediction. */
  readonly iou: number;
}

export interface ExportContent {
  readonly expression: string;
  readonly image: Size;
  readonly panes: readonly PaneContent[];
  readonly truth: TruthContent | null;
  readonly look: Pick<Settings, 'heatMapOpacity' | 'patchGrid' | 'paperFrame'>;
}

const scaled = ({ x, y, width, height }: Rect, by: number): Rect => ({
  x: x * by,
  y: y * by,
  width: width * by,
  height: height * by,
});

function mapContent(pane: Pane, index: number, settings: Settings): MapContent | null {
  const { shown, grounding } = pane;
  if (!shown || !settings.heatMapVisible) return null;
  const level = levelOf(pane, settings.threshold);
  const smooth = settings.heatMapSmooth || isMask(pane);
  return {
    raster: `map-${index}`,
    shown,
    square: rectOf(paperFrame(shown.map, grounding.readings.letterbox).rect),
    patches: grounding.readings.grid,
    outline: outlineOf(pane, level, settings.contour, settings.heatMapSmooth),
    level,
    smooth,
    glow: settings.heatMapGlow,
  };
}

const subtractedBox = ({ subtracted, grounding }: Pane, bitmap: Size): Rect | null =>
  subtracted && subtracted.key !== grounding.key ? rectOf(predictedBox(subtracted, bitmap)) : null;

/**
 * @param panes what the stage shows, one or two
 * @param truth in pixels of the image's file
 */
export function contentOf(
  image: OpenedImage,
  panes: readonly Pane[],
  shown: Grounding,
  truth: BoxInImage | null,
  settings: Settings,
): ExportContent {
  const { width, height } = image.bitmap;
  const bitmap = { width, height };
  return {
    expression: shown.expression,
    image: bitmap,
    panes: panes.map((pane, index) => ({
      grounding: pane.grounding,
      title: pane.title,
      box: rectOf(predictedBox(pane.grounding, bitmap)),
      subtracted: subtractedBox(pane, bitmap),
      map: mapContent(pane, index, settings),
    })),
    truth: truth && {
      box: scaled(rectOf(truth), width / image.width),
      iou: agreementOf(shown, truth, image).iou,
    },
    look: settings,
  };
}
