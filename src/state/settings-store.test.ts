import { expect, it } from 'vitest';
import { createSettingsStore, DEFAULT_SETTINGS, readSettings } from './settings-store.ts';

it('takes from storage only what makes sense', () => {
  const stored = { heatMapOpacity: 7, heatMapSmooth: true, theme: 'purple', provider: 'wasm', extra: 1 };
  expect(readSettings(stored)).toEqual({ ...DEFAULT_SETTINGS, heatMapSmooth: true, provider: 'wasm' });
  expect(readSettings('nonsense')).toEqual(DEFAULT_SETTINGS);
});

it('works without storage', () => {
  const store = createSettingsStore(() => {
    throw new Error('storage is off');
  });
  store.getState().set({ heatMapOpacity: 0.2 });
  expect(store.getState().heatMapOpacity).toBe(0.2);
});
