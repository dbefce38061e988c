/**
 * Expressions and what came of them on the image that is on the stage. An expression may be given before there
 * is an image or a model: it waits and runs as soon as it can. Each runs once an image and model; asked for
 * again, the result is shown again.
 */
import { createStore } from 'zustand/vanilla';
import type { GroundedResult, LoadedModel } from '../../workers/protocol.ts';
import { asGroundingError, type GroundingClient, GroundingError } from './grounding-client.ts';
import type { OpenedImage } from './image/open-image.ts';

/** Longer than any context window in words; what is pasted by mistake need not travel to the worker. */
export const MAX_EXPRESSION_LENGTH = 1000;
const MAX_ENTRIES = 100;

/** Edges of a box as fractions of the image, 0 to 1, from its left and its top. */
export interface BoxFractions {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Grounding {
  readonly key: string;
  readonly expression: string;
  readonly box: BoxFractions;
  readonly result: GroundedResult;
}

export type GroundingStatus =
  | { readonly phase: 'idle' }
  | { readonly phase: 'waiting'; readonly expression: string; readonly for: 'image' | 'model' }
  | { readonly phase: 'working'; readonly expression: string }
  | { readonly phase: 'failed'; readonly expression: string; readonly error: GroundingError };

export interface GroundingState {
  readonly status: GroundingStatus;
  /** What stands in the prompt. */
  readonly draft: string;
  /** Newest first, of the image on the stage. */
  readonly entries: readonly Grounding[];
  readonly shown: Grounding | null;
  setDraft(text: string): void;
  /** Grounds the expression, now or as soon as it can be. Empty ones fail in words. */
  ground(expression: string): void;
  show(entry: Grounding): void;
  cancel(): void;
  /** The image on the stage changed. */
  imageChanged(image: OpenedImage | null): void;
  /** The model became ready, or is no longer. */
  modelChanged(model: LoadedModel | null): void;
}

export interface GroundingDependencies {
  readonly client: GroundingClient;
  /** A copy that can be given away. */
  readonly copyBitmap: (bitmap: ImageBitmap) => Promise<ImageBitmap>;
}

export const tidy = (expression: string): string => expression.replace(/\s+/gu, ' ').trim();

function keyOf(expression: string, model: LoadedModel): string {
  return [model.name, model.provider, model.precision, expression.toLowerCase()].join('\n');
}

function groundingOf(key: string, result: GroundedResult): Grounding {
  const { imageWidth, imageHeight } = result.letterbox;
  const { x1, y1, x2, y2 } = result.box;
  const box = {
    left: x1 / imageWidth,
    top: y1 / imageHeight,
    right: x2 / imageWidth,
    bottom: y2 / imageHeight,
  };
  return { key, expression: result.expression, box, result };
}

export function createGroundingStore({ client, copyBitmap }: GroundingDependencies) {
  let image: OpenedImage | null = null;
  let model: LoadedModel | null = null;
  let running: AbortController | null = null;
  /** Which image which worker has. */
  let given = { key: 0, generation: 0 };

  return createStore<GroundingState>()((set, get) => {
    const giveImage = async (wanted: OpenedImage): Promise<void> => {
      client.start();
      const { generation } = client;
      if (given.key === wanted.key && given.generation === generation) return;
      const copy = await copyBitmap(wanted.bitmap);
      if (image?.key !== wanted.key) return;
      given = { key: wanted.key, generation };
      // Not awaited: the worker takes requests in order, so the expression can be sent right behind.
      client.setImage(copy).catch((cause: unknown) => {
        if (given.key === wanted.key) given = { key: 0, generation: 0 };
        // The expression behind it fails with words of its own; a dead worker is reported as a fault.
        if (!['cancelled', 'worker-died'].includes(asGroundingError(cause).code)) console.error(cause);
      });
    };

    const run = async (expression: string, on: OpenedImage, key: string): Promise<void> => {
      running?.abort();
      const controller = new AbortController();
      running = controller;
      set({ status: { phase: 'working', expression } });
      try {
        await giveImage(on);
        const result = await client.ground(expression, { signal: controller.signal });
        if (controller.signal.aborted || image?.key !== on.key) return;
        const entry = groundingOf(key, { ...result, expression });
        set(({ entries }) => ({
          entries: [entry, ...entries.filter((other) => other.key !== key)].slice(0, MAX_ENTRIES),
          shown: entry,
          status: { phase: 'idle' },
        }));
      } catch (cause) {
        if (controller.signal.aborted) return;
        const error = asGroundingError(cause);
        set({ status: error.silent ? { phase: 'idle' } : { phase: 'failed', expression, error } });
      } finally {
        if (running === controller) running = null;
      }
    };

    /** Takes the expression as far as image and model allow. */
    const advance = (expression: string): void => {
      if (!image) set({ status: { phase: 'waiting', expression, for: 'image' } });
      else if (!model) set({ status: { phase: 'waiting', expression, for: 'model' } });
      else {
        const key = keyOf(expression, model);
        const before = get().entries.find((entry) => entry.key === key);
        if (before) set({ shown: before, status: { phase: 'idle' } });
        else void run(expression, image, key);
      }
    };

    const abort = (): void => {
      running?.abort();
      running = null;
    };

    return {
      status: { phase: 'idle' },
      draft: '',
      entries: [],
      shown: null,

      setDraft: (text) => {
        const { status } = get();
        set({ draft: text, ...(status.phase === 'failed' ? { status: { phase: 'idle' } } : {}) });
      },

      ground: (raw) => {
        const expression = tidy(raw);
        abort();
        set({ draft: expression });
        if (expression === '') {
          const error = new GroundingError({
            code: 'empty-expression',
            message: 'There is nothing to look for yet.',
            hint: 'Say in a few words which thing you mean, for example "the left dog".',
          });
          set({ status: { phase: 'failed', expression, error } });
        } else if (expression.length > MAX_EXPRESSION_LENGTH) {
          const error = new GroundingError({
            code: 'long-expression',
            message: `That is ${expression.length.toLocaleString('en')} characters; the network reads a short phrase.`,
            hint: 'Say in a few words which one thing you mean.',
          });
          set({ status: { phase: 'failed', expression, error } });
        } else advance(expression);
      },

      show: (entry) => {
        abort();
        set({ shown: entry, draft: entry.expression, status: { phase: 'idle' } });
      },

      cancel: () => {
        abort();
        set({ status: { phase: 'idle' } });
      },

      imageChanged: (next) => {
        if (next?.key === image?.key) return;
        abort();
        image = next;
        const { status, shown, draft } = get();
        // What has been answered belongs to the old image; what is still being written does not.
        set({ entries: [], shown: null, draft: shown?.expression === draft ? '' : draft });
        // Sent ahead, so that resizing is done by the time the expression comes.
        if (next && model) giveImage(next).catch((cause: unknown) => console.error(cause));
        if (status.phase === 'waiting' && next) advance(status.expression);
        else if (status.phase !== 'waiting') set({ status: { phase: 'idle' } });
      },

      modelChanged: (next) => {
        model = next;
        const { status } = get();
        if (next && status.phase === 'waiting') advance(status.expression);
        else if (!next && status.phase === 'working') {
          abort();
          set({ status: { phase: 'waiting', expression: status.expression, for: 'model' } });
        } else if (next && image) giveImage(image).catch((cause: unknown) => console.error(cause));
      },
    };
  });
}

export type GroundingStore = ReturnType<typeof createGroundingStore>;
