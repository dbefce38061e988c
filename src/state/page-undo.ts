/** What undo brings back on the page: the image, the answer that is shown, how it is displayed. Never a run. */
import type { BoxInImage } from '../grounding/boxes.ts';
import type { MapChoice } from '../grounding/maps.ts';
import type { AttentionStore } from './attention-store.ts';
import type { GroundTruthStore } from './ground-truth-store.ts';
import type { Grounding, GroundingStore } from './grounding-store.ts';
import type { OpenedImage } from './image/open-image.ts';
import type { ImageStore } from './image-store.ts';
import type { Settings, SettingsStore } from './settings-store.ts';
import { createUndoStore, type UndoStore } from './undo.ts';

/** The settings of the display; theme, provider and keys are the person's, and no step. */
export const DISPLAY = {
  heatMapVisible: 'the heat map',
  heatMapOpacity: 'opacity',
  heatMapGlow: 'glow',
  heatMapSmooth: 'interpolation',
  colourMap: 'colours',
  threshold: 'threshold',
  contour: 'contour',
  scale: 'scale',
  fixedMax: 'scale',
  paperFrame: 'paper frame',
  patchGrid: 'patch grid',
} as const satisfies Partial<Record<keyof Settings, string>>;

type DisplayKey = keyof typeof DISPLAY;
export type Display = Pick<Settings, DisplayKey>;
export const DISPLAY_KEYS = Object.keys(DISPLAY) as readonly DisplayKey[];

export interface PageSnapshot {
  readonly image: OpenedImage | null;
  readonly shown: Grounding | null;
  readonly choice: MapChoice;
  readonly display: Display;
  /** The true box drawn on the image. */
  readonly truth: BoxInImage | null;
}

/** What is dragged and comes in many small steps. */
const SLIDERS: readonly DisplayKey[] = ['heatMapOpacity', 'threshold', 'contour', 'fixedMax'];
/** A slider or a nudged box that rests for longer begins a new step. */
const SLIDER_REST_MS = 900;

const sameChoice = (a: MapChoice, b: MapChoice): boolean =>
  a === b || JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

const sameBox = (a: BoxInImage | null, b: BoxInImage | null): boolean =>
  a === b || (a?.x1 === b?.x1 && a?.y1 === b?.y1 && a?.x2 === b?.x2 && a?.y2 === b?.y2);

/** Names of what differs, for people. */
export function differences(a: PageSnapshot, b: PageSnapshot): string[] {
  const found: string[] = [];
  if (a.image?.key !== b.image?.key) found.push('the image');
  else if (a.shown?.key !== b.shown?.key) found.push('the expression');
  if (!sameChoice(a.choice, b.choice) && found.length === 0) found.push('the map');
  if (!sameBox(a.truth, b.truth) && a.image?.key === b.image?.key) found.push('the ground truth');
  const display = DISPLAY_KEYS.filter((key) => a.display[key] !== b.display[key]).map((key) => DISPLAY[key]);
  return [...found, ...new Set(display)];
}

function same(a: PageSnapshot, b: PageSnapshot): boolean {
  return (
    a.image?.key === b.image?.key &&
    a.shown?.key === b.shown?.key &&
    sameChoice(a.choice, b.choice) &&
    sameBox(a.truth, b.truth) &&
    DISPLAY_KEYS.every((key) => a.display[key] === b.display[key])
  );
}

/** The one slider in which two snapshots differ, if that is all. */
function sliderBetween(a: PageSnapshot, b: PageSnapshot): DisplayKey | null {
  const [key, ...more] = DISPLAY_KEYS.filter((each) => a.display[each] !== b.display[each]);
  if (key === undefined || more.length > 0 || !SLIDERS.includes(key)) return null;
  return same({ ...a, display: b.display }, b) ? key : null;
}

/** Whether a box was moved or resized, and that is all. */
const nudged = (a: PageSnapshot, b: PageSnapshot): boolean =>
  a.truth !== null && b.truth !== null && !sameBox(a.truth, b.truth) && same({ ...a, truth: b.truth }, b);

function continues(
  before: PageSnapshot,
  present: PageSnapshot,
  next: PageSnapshot,
  elapsedMs: number,
): boolean {
  const { image, shown } = present;
  // What was found for half a sentence makes room for the whole.
  const wasWriting = shown?.live === true && shown.key !== before.shown?.key;
  if (wasWriting && image?.key === next.image?.key && next.shown !== null && shown.key !== next.shown.key) {
    return true;
  }
  if (nudged(before, present) && nudged(present, next)) return elapsedMs < SLIDER_REST_MS;
  const slider = sliderBetween(present, next);
  return slider !== null && elapsedMs < SLIDER_REST_MS && slider === sliderBetween(before, present);
}

export interface UndoneStores {
  readonly image: ImageStore;
  readonly grounding: GroundingStore;
  readonly settings: SettingsStore;
  readonly attention: AttentionStore;
  readonly groundTruth: GroundTruthStore;
}

export function createPageUndo(
  { image, grounding, settings, attention, groundTruth }: UndoneStores,
  now: () => number = () => performance.now(),
): UndoStore<PageSnapshot> {
  const undo = createUndoStore<PageSnapshot>({
    read: () => {
      const all = settings.getState();
      return {
        image: image.getState().image,
        shown: grounding.getState().shown,
        choice: attention.getState().choice,
        display: Object.fromEntries(DISPLAY_KEYS.map((key) => [key, all[key]])) as unknown as Display,
        truth: groundTruth.getState().box,
      };
    },
    apply: (to) => {
      if (image.getState().image?.key !== to.image?.key) image.getState().show(to.image);
      const { shown, status, show, cancel } = grounding.getState();
      if (shown?.key !== to.shown?.key) show(to.shown);
      else if (status.phase !== 'idle') cancel();
      settings.getState().set(to.display);
      if (!sameChoice(attention.getState().choice, to.choice)) attention.getState().choose(to.choice);
      if (!sameBox(groundTruth.getState().box, to.truth)) groundTruth.getState().set(to.truth);
    },
    same,
    continues,
    now,
  });

  // One step for all that one act changes in several stores.
  let due = false;
  const changed = (): void => {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      undo.getState().record();
    });
  };
  for (const store of [image, grounding, settings, attention, groundTruth]) store.subscribe(changed);
  return undo;
}

export type PageUndo = UndoStore<PageSnapshot>;
