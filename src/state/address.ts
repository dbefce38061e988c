/**
 * What of the page's state goes into its address, so that it can be sent and reloaded: the sample, the expression, the
 * map and how it is drawn. Never an image of the person's own. Text in and text out; who writes it when is below.
 */
import type { MapChoice } from '../grounding/maps.ts';
import { DISPLAY_KEYS, type Display } from './page-undo.ts';
import { DEFAULT_SETTINGS, readSettings } from './settings-store.ts';

export interface AddressState {
  /** File name of one of the page's own images. */
  readonly sample: string | null;
  readonly expression: string | null;
  readonly choice: MapChoice | null;
  /** What differs from the defaults. */
  readonly display: Partial<Display>;
}

const SAMPLE = 'sample';
const EXPRESSION = 'q';
const MAP = 'map';
/** Names in the address; short, and words where a word is enough. */
const DISPLAY_NAMES: Readonly<Record<keyof Display, string>> = {
  heatMapVisible: 'heat-map',
  heatMapOpacity: 'opacity',
  heatMapGlow: 'glow',
  heatMapSmooth: 'smooth',
  colourMap: 'colours',
  threshold: 'threshold',
  contour: 'contour',
  scale: 'scale',
  fixedMax: 'scale-max',
  paperFrame: 'paper-frame',
  patchGrid: 'patch-grid',
};

/** "reg.5.mean", "reg.rollout.mean", "cls.11.3", "word.2.mean.1", "similarity", "mask". */
export function choiceText(choice: MapChoice): string {
  switch (choice.source) {
    case 'reg':
    case 'cls':
      return `${choice.source}.${choice.layer}.${choice.head}`;
    case 'word':
      return `word.${choice.layer}.${choice.head}.${choice.word}`;
    default:
      return choice.source;
  }
}

/** A layer, a head or a word: a number as people write it, and not a large one. */
const count = (text: string | undefined): number | null =>
  text !== undefined && /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : null;

const countOr = <Word extends string>(text: string | undefined, ...words: Word[]): number | Word | null =>
  words.find((word) => word === text) ?? count(text);

/** Null for what is no map. That the network has such a layer is for others to see. */
export function readChoice(text: string): MapChoice | null {
  const [source, first, second, third, ...more] = text.split('.');
  if (more.length > 0) return null;
  const head = countOr(second, 'mean');
  if ((source === 'similarity' || source === 'mask') && first === undefined) return { source };
  if (head === null) return null;
  if (source === 'reg' && third === undefined) {
    const layer = countOr(first, 'mean', 'rollout');
    return layer === null ? null : { source, layer, head };
  }
  if (source === 'cls' && third === undefined) {
    const layer = count(first);
    return layer === null ? null : { source, layer, head };
  }
  if (source === 'word') {
    const layer = countOr(first, 'mean');
    const word = count(third);
    return layer === null || word === null ? null : { source, layer, head, word };
  }
  return null;
}

/** What a parameter says, in the type that the setting has; undefined where it makes no sense. */
function readDisplay(key: keyof Display, text: string): unknown {
  const value =
    typeof DEFAULT_SETTINGS[key] === 'boolean'
      ? { on: true, off: false }[text]
      : /^[\d.]+$/.test(text)
        ? Number(text)
        : text;
  // What the store would not keep is not taken.
  return readSettings({ [key]: value })[key] === value ? value : undefined;
}

const displayText = (value: Display[keyof Display]): string =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);

/** Reads what makes sense and passes over the rest. */
export function readAddress(search: string): AddressState {
  const parameters = new URLSearchParams(search);
  const map = parameters.get(MAP);
  const display = DISPLAY_KEYS.flatMap((key) => {
    const text = parameters.get(DISPLAY_NAMES[key]);
    const value = text === null ? undefined : readDisplay(key, text);
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    sample: parameters.get(SAMPLE) || null,
    expression: parameters.get(EXPRESSION)?.trim() || null,
    choice: map === null ? null : readChoice(map),
    display: Object.fromEntries(display) as Partial<Display>,
  };
}

/** The address with this state in it; parameters that are not its own stay. */
export function withState(href: string, { sample, expression, choice, display }: AddressState): string {
  const url = new URL(href);
  const put = (name: string, value: string | null): void => {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  };
  put(SAMPLE, sample);
  put(EXPRESSION, expression);
  put(MAP, choice && choiceText(choice));
  for (const key of DISPLAY_KEYS) {
    const value = display[key];
    put(DISPLAY_NAMES[key], value === undefined ? null : displayText(value));
  }
  return url.href;
}
