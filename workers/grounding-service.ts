// What the grounding worker does: the grounding room behind typed messages. Holds one model, one image and the last
// grounding; everything that computes goes through one queue. What only a worker has comes from outside, so that Node
// can drive it: `grounding.worker.ts` is the worker.

import type { Grounder, Grounding } from '../src/grounding/ground.ts';
import type { Preprocessed, RgbImage } from '../src/grounding/preprocess.ts';
import { preprocess } from '../src/grounding/preprocess.ts';
import type { Encoded, Tokenizer } from '../src/grounding/tokenizer.ts';
import { CancelledError, errorInfo, WorkerError } from './errors.ts';
import type {
  AttentionRequest,
  DenseRequest,
  GroundedResult,
  GroundingMessage,
  GroundingRequest,
  GroundRequest,
  LoadedModel,
  LoadModelRequest,
  ProgressEvent,
  SetImageRequest,
} from './protocol.ts';
import { RequestQueue } from './request-queue.ts';

/** Sends a message to the page; what `transfer` names is no longer the worker's. */
export type Post = (message: GroundingMessage, transfer?: Transferable[]) => void;

export type ReportProgress = (progress: Omit<ProgressEvent, 'kind' | 'id'>) => void;

/** A model that is ready to ground. */
export interface Model {
  readonly grounder: Pick<Grounder, 'config' | 'precision' | 'look' | 'ground' | 'release'>;
  readonly tokenizer: Tokenizer;
  /** What it computes on, to be destroyed with it; null on WebAssembly. */
  readonly gpu: { readonly device: Pick<GPUDevice, 'lost' | 'destroy'> } | null;
  readonly described: LoadedModel;
}

/** What the service takes from where it runs. */
export interface Surroundings {
  /**
   * Downloads a model and opens its sessions.
   *
   * @throws {CancelledError} once `signal` has fired; `WorkerError` and the coded errors of the grounding room
   */
  loadModel(request: LoadModelRequest, signal: AbortSignal, report: ReportProgress): Promise<Model>;
  /** Takes a bitmap's pixels, as they look on white, and closes it. */
  pixelsOf(bitmap: ImageBitmap): RgbImage;
  /** Milliseconds from some moment on. */
  now(): number;
}

interface Prepared {
  readonly of: RgbImage;
  readonly by: Model;
  readonly result: Preprocessed;
  /** Milliseconds that the patches graph took, 0 as long as it has not run. */
  patchesMs: number;
}

export class GroundingService {
  readonly #post: Post;
  readonly #around: Surroundings;
  readonly #queue: RequestQueue;
  #model: Model | null = null;
  #image: RgbImage | null = null;
  /** `#image` as the model's network sees it; made when first needed. */
  #prepared: Prepared | null = null;
  /** The newest grounding, whose device outputs are kept until another takes its place. */
  #last: { readonly id: number; readonly grounding: Grounding } | null = null;

  constructor(post: Post, around: Surroundings) {
    this.#post = post;
    this.#around = around;
    this.#queue = new RequestQueue((request, signal) => this.#handle(request, signal), post);
  }

  /** Takes a request from the page. Its replies are posted. */
  receive(request: GroundingRequest): void {
    this.#queue.push(request);
  }

  async #handle(request: Parameters<RequestQueue['push']>[0], signal: AbortSignal): Promise<void> {
    try {
      await this.#answer(request, signal);
    } catch (error) {
      if (error instanceof CancelledError || signal.aborted)
        this.#post({ kind: 'cancelled', id: request.id });
      else this.#post({ kind: 'error', id: request.id, error: errorInfo(error) });
    }
  }

  async #answer(request: GroundingRequest, signal: AbortSignal): Promise<void> {
    switch (request.kind) {
      case 'load-model':
        return this.#load(request, signal);
      case 'set-image':
        return this.#setImage(request, signal);
      case 'ground':
        return this.#ground(request, signal);
      case 'attention':
        return this.#attention(request);
      case 'dense':
        return this.#dense(request);
      case 'unload':
        await this.#unload();
        return this.#post({ kind: 'unloaded', id: request.id });
      case 'cancel':
        return;
    }
  }

  async #load(request: LoadModelRequest, signal: AbortSignal): Promise<void> {
    await this.#unload();
    const { id } = request;
    const loaded = await this.#around.loadModel(request, signal, (progress) =>
      this.#post({ kind: 'progress', id, ...progress }),
    );
    this.#model = loaded;
    loaded.gpu?.device.lost.then(({ reason, message }) => {
      if (reason === 'destroyed' || this.#model !== loaded) return;
      // Its sessions are gone with it; nothing is left to release on the device.
      this.#model = null;
      this.#last = null;
      this.#post({
        kind: 'error',
        id: null,
        error: {
          code: 'device-lost',
          message: `The graphics processor was taken away${message ? ` (${message})` : ''}.`,
          hint: 'Load the model again.',
        },
      });
    });
    this.#post({ kind: 'model-loaded', id, model: loaded.described });
  }

  #disposeLast(): void {
    this.#last?.grounding.dispose();
    this.#last = null;
  }

  async #unload(): Promise<void> {
    this.#disposeLast();
    this.#prepared = null;
    const old = this.#model;
    this.#model = null;
    await old?.grounder.release();
    old?.gpu?.device.destroy();
  }

  async #setImage({ id, bitmap }: SetImageRequest, signal: AbortSignal): Promise<void> {
    const { width, height } = bitmap;
    const start = this.#around.now();
    const image = this.#around.pixelsOf(bitmap);
    this.#image = image;
    const pixelsMs = this.#around.now() - start;
    this.#disposeLast();
    const ready = this.#model && this.#prepare(image, this.#model);
    this.#post({ kind: 'image-set', id, width, height, timings: { pixelsMs, resizeMs: ready?.ms ?? 0 } });
    // While the person writes; what fails here fails again, and is said, when they ask.
    if (ready && !signal.aborted) await this.#look(ready.prepared).catch(() => undefined);
  }

  /** Computes what the image gives before any word comes in. */
  async #look(of: Prepared): Promise<void> {
    const start = this.#around.now();
    await of.by.grounder.look(of.result);
    of.patchesMs = this.#around.now() - start;
  }

  /** The image as the model sees it, and how long that took now (0 where it was done before). */
  #prepare(of: RgbImage, by: Model): { prepared: Prepared; ms: number } {
    const known = this.#prepared;
    if (known?.of === of && known.by === by) return { prepared: known, ms: 0 };
    const start = this.#around.now();
    const { side, patch } = by.grounder.config;
    const prepared = { of, by, result: preprocess(of, side, patch), patchesMs: 0 };
    this.#prepared = prepared;
    return { prepared, ms: this.#around.now() - start };
  }

  async #ground({ id, expression }: GroundRequest, signal: AbortSignal): Promise<void> {
    const start = this.#around.now();
    const model = this.#model;
    const image = this.#image;
    if (!model) throw new WorkerError('no-model', 'No model is loaded yet.', 'Wait until it is there.');
    if (!image) throw new WorkerError('no-image', 'There is no image yet.', 'Choose one first.');
    if (expression.trim() === '') {
      throw new WorkerError('empty-expression', 'The expression is empty.', 'Say what to look for.');
    }
    const { prepared: ready, ms: resize } = this.#prepare(image, model);
    const encoded = model.tokenizer.encode(expression);
    this.#disposeLast();
    const grounding = await model.grounder.ground(ready.result, encoded).catch((error: Error) => {
      throw new WorkerError(
        'run-failed',
        `The network failed while it ran: ${error.message}`,
        'Load the model again.',
      );
    });
    this.#last = { id, grounding };
    if (signal.aborted) throw new CancelledError();
    ready.patchesMs ||= grounding.timings.patches;
    const result = resultOf(model, expression, encoded, ready, grounding, resize, this.#around.now() - start);
    this.#post({ kind: 'grounded', id, result }, [result.regAttention.data.buffer as ArrayBuffer]);
  }

  /** The grounding that a request is about, or null, with the request answered, where a newer one has taken its place. */
  #groundingOf({ id, of }: AttentionRequest | DenseRequest): Grounding | null {
    if (this.#last?.id === of) return this.#last.grounding;
    this.#post({ kind: 'stale', id });
    return null;
  }

  async #attention(request: AttentionRequest): Promise<void> {
    const grounding = this.#groundingOf(request);
    if (!grounding) return;
    const start = this.#around.now();
    const clsAttention = await grounding.clsAttention();
    const words = await grounding.wordAttention();
    const wordAttention = words.data.length > 0 ? words : null;
    this.#post(
      {
        kind: 'attention-done',
        id: request.id,
        clsAttention,
        wordAttention,
        totalMs: this.#around.now() - start,
      },
      [clsAttention, ...(wordAttention ? [wordAttention] : [])].map(({ data }) => data.buffer as ArrayBuffer),
    );
  }

  async #dense(request: DenseRequest): Promise<void> {
    const grounding = this.#groundingOf(request);
    if (!grounding) return;
    const { regRollout, tokenSimilarity, maskLogits, ms } = await grounding.dense();
    const mask = maskLogits.data.map((value) => 1 / (1 + Math.exp(-value)));
    const maps = { regRollout: regRollout.data, tokenSimilarity: tokenSimilarity.data, mask };
    this.#post(
      { kind: 'dense-done', id: request.id, ...maps, totalMs: ms },
      Object.values(maps).map(({ buffer }) => buffer as ArrayBuffer),
    );
  }
}

function resultOf(
  { grounder, described }: Model,
  expression: string,
  encoded: Encoded,
  { result: seen, patchesMs }: Prepared,
  grounding: Grounding,
  resize: number,
  total: number,
): GroundedResult {
  const { box, boxInFrame, logit, regAttention, timings } = grounding;
  const words = encoded.words.map(({ text, known, tokenPositions }) => ({ text, known, tokenPositions }));
  return {
    expression,
    box,
    boxInFrame,
    tokens: encoded.ids,
    words,
    unknownWords: [...new Set(words.filter((word) => !word.known).map((word) => word.text))],
    cut: encoded.cut,
    regAttention,
    grid: seen.grid,
    letterbox: seen.letterbox,
    patchMask: seen.patchMask.slice(),
    logit,
    timings: { ...timings, patches: patchesMs, resize, total },
    provider: described.provider,
    precision: grounder.precision,
  };
}
