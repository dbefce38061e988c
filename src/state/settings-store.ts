/** What a person set and expects to find again: kept in this browser alone, and forgotten where it keeps nothing. */
import { createJSONStorage, persist, type StateStorage } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import type { Provider } from '../../workers/protocol.ts';

export type Theme = 'auto' | 'light' | 'dark';

export interface Settings {
  readonly heatMapVisible: boolean;
  /** 0 to 1. */
  readonly heatMapOpacity: number;
  /** False draws each patch as the square that it is. */
  readonly heatMapSmooth: boolean;
  readonly theme: Theme;
  readonly provider: Provider | 'auto';
  /** Shortcuts of a single letter; some people's software types letters where they do not mean to. */
  readonly letterShortcuts: boolean;
}

export interface SettingsState extends Settings {
  set(change: Partial<Settings>): void;
}

export const DEFAULT_SETTINGS: Settings = {
  heatMapVisible: true,
  heatMapOpacity: 0.5,
  heatMapSmooth: false,
  theme: 'auto',
  provider: 'auto',
  letterShortcuts: true,
};

const oneOf = <T>(value: unknown, allowed: readonly T[], fallback: T): T =>
  allowed.includes(value as T) ? (value as T) : fallback;

const flag = (value: unknown, fallback: boolean): boolean => (typeof value === 'boolean' ? value : fallback);

/** What was stored may be of another version, or have been edited: each field is taken only if it makes sense. */
export function readSettings(stored: unknown): Settings {
  const found = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<
    Record<keyof Settings, unknown>
  >;
  const opacity = found.heatMapOpacity;
  return {
    heatMapVisible: flag(found.heatMapVisible, DEFAULT_SETTINGS.heatMapVisible),
    heatMapOpacity:
      typeof opacity === 'number' && opacity >= 0 && opacity <= 1 ? opacity : DEFAULT_SETTINGS.heatMapOpacity,
    heatMapSmooth: flag(found.heatMapSmooth, DEFAULT_SETTINGS.heatMapSmooth),
    theme: oneOf(found.theme, ['auto', 'light', 'dark'], DEFAULT_SETTINGS.theme),
    provider: oneOf(found.provider, ['auto', 'webgpu', 'wasm'], DEFAULT_SETTINGS.provider),
    letterShortcuts: flag(found.letterShortcuts, DEFAULT_SETTINGS.letterShortcuts),
  };
}

/** Storage throws in some private modes and where cookies are off; then settings last as long as the page. */
function forgiving(storage: () => StateStorage): StateStorage {
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
