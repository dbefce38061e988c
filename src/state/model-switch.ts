/**
 * Another provider or precision for the loaded model: image and expression stay and are grounded again. Where it cannot
 * be had, what ran before is loaded again, and the reason is there to be read.
 */
import type { Precision, Provider } from '../grounding/providers.ts';
import type { GroundingStore } from './grounding-store.ts';
import type { ModelStore } from './model-store.ts';
import type { SettingsStore } from './settings-store.ts';

export interface Wish {
  readonly provider: Provider | 'auto';
  readonly precision: Precision | 'auto';
}

export interface Switched {
  readonly settings: SettingsStore;
  readonly model: ModelStore;
  readonly grounding: GroundingStore;
}

const NAMES: Readonly<Record<Provider | 'auto', string>> = {
  auto: 'automatic choice',
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
};

const wishText = ({ provider, precision }: Wish): string =>
  precision === 'auto' ? NAMES[provider] : `${precision} on ${NAMES[provider]}`;

/**
 * @returns a sentence where the wish could not be met; null where it was, or a newer wish took its place. Never rejects.
 */
export async function switchModel(
  { settings, model, grounding }: Switched,
  wish: Wish,
): Promise<string | null> {
  const { provider, precision, set } = settings.getState();
  const before: Wish = { provider, precision };
  const ran = model.getState().status.phase === 'ready';
  const { shown, status } = grounding.getState();
  // What is on its way waits for the model by itself.
  const expression = status.phase === 'idle' ? shown?.expression : undefined;
  const asked = (): boolean => {
    const now = settings.getState();
    return now.provider === wish.provider && now.precision === wish.precision;
  };
  set(wish);
  await model.getState().load(wish.provider, wish.precision);
  const came = model.getState().status;
  if (!asked() || came.phase === 'loading') return null;
  if (came.phase === 'ready') {
    if (expression !== undefined && grounding.getState().shown?.expression === expression) {
      grounding.getState().ground(expression);
    }
    return null;
  }
  if (came.phase !== 'failed' || !ran) return null;
  set(before);
  await model.getState().load(before.provider, before.precision);
  return `${wishText(wish)} cannot be had: ${came.error.message} Back to ${wishText(before)}.`;
}
