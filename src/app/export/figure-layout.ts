/**
 * A figure as a paper has it: the expression, the image with the prediction in cyan and the ground truth in lime, and
 * beside it each map with its colour bar; captions with letters below. On white, whatever the page's theme.
 */

import { numberText, ticksBetween } from '../attention/names.ts';
import { alphaAt, partOf } from '../attention/paint.ts';
import { colourAt } from '../colour-maps/colour-maps.ts';
import { iouText } from '../ground-truth/truth.ts';
import type { Rect } from '../stage/fit.ts';
import { wrapText } from '../stage/fit-text.ts';
import type { ExportContent, MapContent } from './content.ts';
import type { Drawing, Font, Mark, Measure } from './marks.ts';
import { frameOf, paneMarks, placed } from './pane-marks.ts';

/** The paper's colours, by name in Matplotlib: cyan and lime. */
export const CYAN = '#00ffff';
export const LIME = '#00ff00';

/** Typographic points, as if printed. */
const PANEL = 320;
const MARGIN = 14;
const GAP = 22;
const BAR = { gap: 8, width: 10, tick: 4, text: 3 };
const SERIF = "'Linux Libertine O', 'Libertinus Serif', 'Times New Roman', 'Liberation Serif', Times, serif";
const FONTS = {
  title: { size: 19, family: SERIF, italic: true },
  caption: { size: 14, family: SERIF },
  tick: { size: 11.5, family: SERIF },
} as const satisfies Record<string, Font>;
const LINE = { caption: 18, title: 24 };
const BOX = { halo: 3.2, width: 1.8 };
/** Of the small boxes in the caption. */
const KEY = { halo: 2.6, width: 1.5 };
const SWATCH = { width: 15, height: 10, gap: 5, after: 12 };
const INK = '#111';
const HALO = 'rgb(0 0 0 / 0.55)';
const LETTERS = 'abcdefgh';
/** Enough that the edge of a threshold is one in the bar too. */
const STOPS = 128;
const CHECKER = '#ccc';

const boxMarks = (rect: Rect, id: string, colour: string): Mark[] => [
  { kind: 'rect', rect, stroke: HALO, width: BOX.halo },
  { kind: 'rect', rect, id, stroke: colour, width: BOX.width },
];

/** Whether a tick keeps clear of the numbers at the ends. */
const clear = (part: number): boolean => part > 0.08 && part < 0.92;

/** The numbers at a colour bar: its ends and round ones between. */
function ticksOf({ shown }: MapContent): number[] {
  const { low, high, diverging } = shown.scale;
  const inner = diverging ? [0] : ticksBetween(low, high);
  return [low, ...inner.filter((tick) => clear(partOf(tick, shown.scale))), high];
}

/** What a map's bar takes beside its panel. */
const barRoom = (map: MapContent, measure: Measure): number =>
  BAR.gap +
  BAR.width +
  BAR.tick +
  BAR.text +
  Math.max(...ticksOf(map).map((tick) => measure(numberText(tick), FONTS.tick)));

/** Squares behind colours that are partly clear, two across: a dashed line each, one step apart. */
function checkerMarks({ x, y, width, height }: Rect): Mark[] {
  const size = width / 2;
  const column = (left: number, from: number): Mark => ({
    kind: 'path',
    data: `M${left + size / 2} ${from}V${y + height}`,
    stroke: CHECKER,
    width: size,
    dash: [size, size],
  });
  return [column(x, y), column(x + size, y + size)];
}

/** The colours beside a map, as clear as they are on it, with numbers. */
function barMarks({ look }: ExportContent, map: MapContent, panel: Rect): Mark[] {
  const { shown, level, smooth, glow } = map;
  const bar = { x: panel.x + panel.width + BAR.gap, y: panel.y, width: BAR.width, height: panel.height };
  const stopAt = (part: number) => {
    const alpha = alphaAt(part, { scale: shown.scale, threshold: level, smooth, glow });
    return {
      rgb: colourAt(shown.colours, part),
      opacity: Number((look.heatMapOpacity * alpha).toFixed(3)),
    };
  };
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => stopAt(i / STOPS));
  const ticks = ticksOf(map);
  const right = bar.x + bar.width;
  return [
    ...checkerMarks(bar),
    { kind: 'gradient', rect: bar, stops },
    { kind: 'rect', rect: bar, stroke: INK, width: 0.6 },
    ...ticks.flatMap((tick, i): Mark[] => {
      const y = bar.y + bar.height * (1 - partOf(tick, shown.scale));
      // The outermost letters stay beside the bar.
      const shift = i === 0 ? 0 : i === ticks.length - 1 ? 0.72 : 0.34;
      return [
        { kind: 'path', data: `M${right} ${y}h${BAR.tick}`, stroke: INK, width: 0.6 },
        {
          kind: 'text',
          text: numberText(tick),
          x: right + BAR.tick + BAR.text,
          y: y + shift * FONTS.tick.size,
          font: FONTS.tick,
          anchor: 'start',
          fill: INK,
        },
      ];
    }),
  ];
}

/** "(a) ▭ Prediction ▭ Ground truth, IoU 0.83", centred, on as many lines as it needs. */
function keyMarks(content: ExportContent, panel: Rect, letter: string, measure: Measure): Mark[] {
  const entries = [
    { colour: CYAN, text: 'prediction' },
    ...(content.truth ? [{ colour: LIME, text: `ground truth (IoU ${iouText(content.truth.iou)})` }] : []),
  ];
  const font = FONTS.caption;
  const head = `(${letter})`;
  const widths = entries.map(({ text }) => SWATCH.width + SWATCH.gap + measure(text, font));
  const headWidth = measure(head, font) + SWATCH.gap + 2;
  const total = headWidth + widths.reduce((sum, width) => sum + width + SWATCH.after, -SWATCH.after);
  const y = panel.y + panel.height + LINE.caption;
  let x = panel.x + Math.max(0, (panel.width - total) / 2);
  const text = (words: string, at: number): Mark => ({
    kind: 'text',
    text: words,
    x: at,
    y,
    font,
    anchor: 'start',
    fill: INK,
  });
  const marks: Mark[] = [text(head, x)];
  x += headWidth;
  for (const [i, entry] of entries.entries()) {
    marks.push(
      {
        kind: 'rect',
        rect: { x, y: y - SWATCH.height + 0.5, width: SWATCH.width, height: SWATCH.height - 1 },
        stroke: HALO,
        width: KEY.halo,
      },
      {
        kind: 'rect',
        rect: { x, y: y - SWATCH.height + 0.5, width: SWATCH.width, height: SWATCH.height - 1 },
        stroke: entry.colour,
        width: KEY.width,
      },
      text(entry.text, x + SWATCH.width + SWATCH.gap),
    );
    x += (widths[i] ?? 0) + SWATCH.after;
  }
  return marks;
}

const lines = (texts: readonly string[], middle: number, y: number, step: number, font: Font): Mark[] =>
  texts.map((text, i) => ({
    kind: 'text',
    text,
    x: middle,
    y: y + i * step,
    font,
    anchor: 'middle',
    fill: INK,
  }));

export function figureLayout(content: ExportContent, measure: Measure): Drawing {
  const frame = frameOf(content);
  const scale = PANEL / Math.max(frame.width, frame.height);
  const size = { width: frame.width * scale, height: frame.height * scale };
  const maps = content.panes.flatMap((pane) => (pane.map ? [{ ...pane, map: pane.map }] : []));
  // A sliver of an image still has a caption to carry.
  const column = Math.max(size.width, 0.55 * PANEL);
  const rooms = maps.map(({ map }) => column + barRoom(map, measure));
  const width = 2 * MARGIN + column + rooms.reduce((sum, room) => sum + GAP + room, 0);
  const title = wrapText(`“${content.expression}”`, width - 2 * MARGIN, 3, (text) =>
    measure(text, FONTS.title),
  );
  const top = MARGIN + title.length * LINE.title + 4;
  const panelAt = (x: number): Rect => ({ x: x + (column - size.width) / 2, y: top, ...size });
  const at = (panel: Rect) => ({ x: panel.x - frame.x * scale, y: panel.y - frame.y * scale, scale });

  const first = panelAt(MARGIN);
  const prediction = content.panes[0];
  const marks: Mark[] = [
    ...lines(title, width / 2, MARGIN + 0.8 * FONTS.title.size, LINE.title, FONTS.title),
    ...paneMarks(content, null, at(first), frame, 0.5),
    ...(content.truth ? boxMarks(placed(content.truth.box, at(first)), 'ground-truth', LIME) : []),
    ...(prediction ? boxMarks(placed(prediction.box, at(first)), 'prediction', CYAN) : []),
    ...keyMarks(content, first, LETTERS.charAt(0), measure),
  ];
  let captionLines = 1;
  let left = MARGIN + column;
  for (const [i, pane] of maps.entries()) {
    const { map, title: name } = pane;
    const panel = panelAt(left + GAP);
    left += GAP + (rooms[i] ?? 0);
    marks.push(...paneMarks(content, pane, at(panel), frame, 0.5), ...barMarks(content, map, panel));
    const caption = wrapText(
      `(${LETTERS.charAt(i + 1)}) ${name}, ${map.shown.unit}`,
      column + GAP,
      3,
      (text) => measure(text, FONTS.caption),
    );
    captionLines = Math.max(captionLines, caption.length);
    const middle = panel.x + panel.width / 2;
    marks.push(...lines(caption, middle, panel.y + panel.height + LINE.caption, LINE.caption, FONTS.caption));
  }
  return {
    width: Math.ceil(width),
    height: Math.ceil(top + size.height + captionLines * LINE.caption + MARGIN),
    background: '#fff',
    marks,
    title: `“${content.expression}”`,
    description: maps.map(({ title: name }) => name).join('; '),
  };
}
