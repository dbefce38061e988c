/** What a person set and expects to find again: kept in this browser alone, and forgotten where it keeps nothing. */
import { createJSONStorage, persist, type StateStorage } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import { PRECISIONS, PROVIDERS, type Precision, type Provider } from '../grounding/providers.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Colour maps of a value; differences have one of their own. */
export const COLOUR_MAPS = ['viridis', 'magma', 'cividis', 'greys'] as const;
export type ColourMap = (typeof COLOUR_MAPS)[number];

export interface Settings {
  readonly heatMapVisible: boolean;
  /** 0 to 1: of the whole map, or where it glows of its greatest values. */
  readonly heatMapOpacity: number;
  /** Clear where values are low, so that the picture keeps its colours; false lays the map over all of it evenly. */
  readonly heatMapGlow: boolean;
  /** False draws each patch as the square that it is. */
  readonly heatMapSmooth: boolean;
  readonly colourMap: ColourMap;
  /** 0 to 1 of the scale: below it the image is seen. 0 shows the whole map. */
  readonly threshold: number;
  /** Share of the attention whose smallest set of cells is outlined, above 0 and up to 1; null outlines nothing. */
  readonly contour: number | null;
  /** Colours from each map's own least to greatest value, or from 0 to `fixedMax`. */
  readonly scale: 'map' | 'fixed';
  /** Above 0 and up to 1: attention weights and probabilities go no further. */
  readonly fixedMax: number;
  /** Shows the padded square, as the paper's figure does. */
  readonly paperFrame: boolean;
  /** Lines between the patches. */
  readonly patchGrid: boolean;
  readonly theme: Theme;
  readonly provider: Provider | 'auto';
  /** A named one is used or the model fails to load: whoever sets a provider sets this to `auto`. */
  readonly precision: Precision | 'auto';
  /** Grounds while an expression is being written, where the network is quick enough for it. */
  readonly liveGrounding: boolean;
  /** Shortcuts of a single letter; some people's software types letters where they do not mean to. */
  readonly letterShortcuts: boolean;
}

export interface SettingsState extends Settings {
  set(change: Partial<Settings>): void;
}

/** A scale that ends below this has no colours to tell apart. */
export const LEAST_FIXED_MAX = 0.001;

export const DEFAULT_SETTINGS: Settings = {
  heatMapVisible: true,
  heatMapOpacity: 0.7,
  heatMapGlow: true,
  heatMapSmooth: true,
  colourMap: 'viridis',
  threshold: 0,
  contour: null,
  scale: 'map',
  fixedMax: 0.05,
  paperFrame: false,
  patchGrid: false,
  theme: 'auto',
  provider: 'auto',
  precision: 'auto',
  liveGrounding: true,
  letterShortcuts: true,
};

const oneOf = <T>(value: unknown, allowed: readonly T[], fallback: T): T =>
  allowed.includes(value as T) ? (value as T) : fallback;

/** A number within limits that are both allowed, or what the default says. */
const within = (value: unknown, least: number, most: number, fallback: number): number =>
  typeof value === 'number' && value >= least && value <= most ? value : fallback;

const flag = (value: unknown, fallback: boolean): boolean => (typeof value === 'boolean' ? value : fallback);

/** What was stored may be of another version, or have been edited: each field is taken only if it makes sense. */
export function readSettings(stored: unknown): Settings {
  const found = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<
    Record<keyof Settings, unknown>
  >;
  return {
    heatMapVisible: flag(found.heatMapVisible, DEFAULT_SETTINGS.heatMapVisible),
    heatMapOpacity: within(found.heatMapOpacity, 0, 1, DEFAULT_SETTINGS.heatMapOpacity),
    heatMapGlow: flag(found.heatMapGlow, DEFAULT_SETTINGS.heatMapGlow),
    heatMapSmooth: flag(found.heatMapSmooth, DEFAULT_SETTINGS.heatMapSmooth),
    colourMap: oneOf(found.colourMap, COLOUR_MAPS, DEFAULT_SETTINGS.colourMap),
    threshold: within(found.threshold, 0, 1, DEFAULT_SETTINGS.threshold),
    contour:
      typeof found.contour === 'number' && found.contour > 0 && found.contour <= 1
        ? found.contour
        : DEFAULT_SETTINGS.contour,
    scale: oneOf(found.scale, ['map', 'fixed'], DEFAULT_SETTINGS.scale),
    fixedMax: within(found.fixedMax, LEAST_FIXED_MAX, 1, DEFAULT_SETTINGS.fixedMax),
    paperFrame: flag(found.paperFrame, DEFAULT_SETTINGS.paperFrame),
    patchGrid: flag(found.patchGrid, DEFAULT_SETTINGS.patchGrid),
    theme: oneOf(found.theme, THEMES, DEFAULT_SETTINGS.theme),
    provider: oneOf(found.provider, ['auto', ...PROVIDERS], DEFAULT_SETTINGS.provider),
    precision: oneOf(found.precision, ['auto', ...PRECISIONS], DEFAULT_SETTINGS.precision),
    liveGrounding: flag(found.liveGrounding, DEFAULT_SETTINGS.liveGrounding),
    letterShortcuts: flag(found.letterShortcuts, DEFAULT_SETTINGS.letterShortcuts),
  };
}

/** Storage throws in some private modes and where cookies are off; then settings last as long as the page. */
export function forgiving(storage: () => StateStorage): StateStorage {
  const attempt = <T>(act: (s: StateStorage) => T): T | null => {
    try {
      return act(storage());
    } catch {
      return null;
    }
  };
  return {
    getItem: (name) => attempt((s) => s.getItem(name)),
    setItem: (name, value) => attempt((s) => s.setItem(name, value)) ?? undefined,
    removeItem: (name) => attempt((s) => s.removeItem(name)) ?? undefined,
  };
}

export function createSettingsStore(storage: () => StateStorage) {
  return createStore<SettingsState>()(
    persist((set) => ({ ...DEFAULT_SETTINGS, set: (change) => set(change) }), {
      name: 'hivg-web',
      version: 1,
      storage: createJSONStorage(() => forgiving(storage)),
      partialize: ({ set: _, ...settings }) => settings,
      merge: (stored, current) => ({ ...current, ...readSettings(stored) }),
    }),
  );
}

export type SettingsStore = ReturnType<typeof createSettingsStore>;
