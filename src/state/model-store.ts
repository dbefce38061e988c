/** The model and where it runs: chosen, on its way, ready or failed. */
import { createStore } from 'zustand/vanilla';
import type { LoadedModel, ProgressEvent } from '../../workers/protocol.ts';
import type { Precision, Provider } from '../grounding/providers.ts';
import { chooseModel, type FetchJson, fetchModelChoices, type ModelChoice } from './catalogues.ts';
import { asGroundingError, type GroundingClient, type GroundingError } from './grounding-client.ts';
import type { PageQuery } from './query.ts';

export type ModelStatus =
  | { readonly phase: 'idle' }
  | { readonly phase: 'loading'; readonly progress: ProgressEvent | null }
  | { readonly phase: 'ready'; readonly model: LoadedModel }
  | { readonly phase: 'failed'; readonly error: GroundingError };

export interface ModelState {
  readonly status: ModelStatus;
  readonly choice: ModelChoice | null;
  readonly choices: readonly ModelChoice[];
  /**
   * Loads, or loads again. What was under way is cancelled; what the address asks for goes before what is asked here.
   * Never rejects: `status` tells.
   */
  load(provider: Provider | 'auto', precision?: Precision | 'auto'): Promise<void>;
  /** A fault that belongs to no request: the model has to be loaded again. */
  fault(error: GroundingError): void;
}

export interface ModelDependencies {
  readonly client: GroundingClient;
  readonly fetchJson: FetchJson;
  readonly base: string;
  readonly query: PageQuery;
}

export function createModelStore({ client, fetchJson, base, query }: ModelDependencies) {
  let underWay: AbortController | null = null;
  return createStore<ModelState>()((set, get) => ({
    status: { phase: 'idle' },
    choice: null,
    choices: [],

    load: async (provider, precision = 'auto') => {
      underWay?.abort();
      const controller = new AbortController();
      underWay = controller;
      const { signal } = controller;
      set({ status: { phase: 'loading', progress: null } });
      try {
        if (get().choices.length === 0) set({ choices: await fetchModelChoices(fetchJson, base) });
        const choice = chooseModel(get().choices, query.model, base);
        if (signal.aborted) return;
        set({ choice });
        const model = await client.loadModel(
          {
            bundleUrl: choice.url,
            provider: query.provider ?? provider,
            precision: query.precision ?? precision,
            ...(query.threads === null ? {} : { threads: query.threads }),
          },
          {
            signal,
            onProgress: (progress) => set({ status: { phase: 'loading', progress } }),
          },
        );
        set({ status: { phase: 'ready', model } });
      } catch (cause) {
        if (signal.aborted) return; // A newer load has the word.
        const error = asGroundingError(cause);
        // A runtime that did not start never will in the same worker: the next load gets a new one.
        if (error.code === 'session-failed') client.stop();
        set({ status: { phase: 'failed', error } });
      }
    },

    fault: (error) => {
      underWay?.abort();
      set({ status: { phase: 'failed', error } });
    },
  }));
}

export type ModelStore = ReturnType<typeof createModelStore>;

/** A provider that failed by name can be replaced by letting the program choose. */
export function canFallBack(error: GroundingError): boolean {
  return ['provider-unavailable', 'precision-unavailable', 'session-failed', 'run-failed'].includes(
    error.code,
  );
}
