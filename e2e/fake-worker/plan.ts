// What a test wants of the fake worker. Given when the page opens, changed while it runs.

import type { Provider } from '../../src/grounding/providers.ts';

export interface Plan {
  /** The provider where the page leaves the choice to the worker. */
  provider: Provider;
  /** `downloading` stays half-way until this changes or the load is cancelled. */
  load: 'ready' | 'downloading' | 'failed';
  /** `working` does not end until this changes. */
  ground: 'done' | 'working' | 'failed';
  /** Left, top, right and bottom as fractions of the image, by expression. */
  boxes: Record<string, readonly [number, number, number, number]>;
  /** Words that the model is to take for unknown. */
  unknown: readonly string[];
  /** Whether expressions are too long for the network. */
  cut: boolean;
}

export const DEFAULT_PLAN: Plan = {
  provider: 'wasm',
  load: 'ready',
  ground: 'done',
  boxes: {},
  unknown: [],
  cut: false,
};

/** What the fake worker has on its global scope. */
export interface FakeWorkerScope {
  /** Set before the worker starts. */
  readonly fakePlan: Partial<Plan>;
  fakeWorker: {
    readonly plan: Plan;
    /** Kinds of requests, in the order they came. */
    readonly requests: string[];
    /** Takes the GPU away from the model that is loaded. */
    loseGpu(message: string): void;
  };
}
