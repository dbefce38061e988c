/** When the page is kept for the time without a network: once a model is there and has nothing to do, so that nobody waits for it. */
import type { AppState } from '../app-state.ts';

/** How long nothing has to be asked of the network. */
const QUIET_MS = 1500;

/** How often a page that stays open looks for a newer version. */
const UPDATE_EVERY_MS = 60 * 60 * 1000;

export function keepWhenQuiet({ model, grounding, offline }: AppState): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let kept: unknown = null;
  const look = (): void => {
    clearTimeout(timer);
    const { status } = model.getState();
    if (status.phase !== 'ready' || status.model === kept) return;
    if (grounding.getState().status.phase === 'working') return;
    timer = setTimeout(() => {
      kept = status.model;
      void offline.getState().save(status.model);
    }, QUIET_MS);
  };
  model.subscribe(look);
  grounding.subscribe((now, before) => {
    if (now.status !== before.status) look();
  });
  setInterval(() => void offline.getState().lookForUpdate(), UPDATE_EVERY_MS);
}
