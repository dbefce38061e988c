// The grounding worker: the grounding room behind a typed message port. Holds one model, one image and the last
// grounding; everything that computes goes through one queue.

import type { Grounding } from '../src/grounding/ground.ts';
import type { Preprocessed, RgbImage } from '../src/grounding/preprocess.ts';
import { preprocess } from '../src/grounding/preprocess.ts';
import type { Encoded } from '../src/grounding/tokenizer.ts';
import { CancelledError, errorInfo, WorkerError } from './errors.ts';
import type { Model } from './loaded-model.ts';
import { loadModel } from './loaded-model.ts';
import { pixelsOf } from './pixels.ts';
import type {
  AttentionRequest,
  DenseRequest,
  GroundedResult,
  GroundingMessage,
  GroundingRequest,
  GroundRequest,
  LoadModelRequest,
  SetImageRequest,
} from './protocol.ts';
import { RequestQueue } from './request-queue.ts';

interface Prepared {
  readonly of: RgbImage;
  readonly by: Model;
  readonly result: Preprocessed;
  /** Milliseconds that the patches graph took, 0 as long as it has not run. */
  patchesMs: number;
}

let model: Model | null = null;
let image: RgbImage | null = null;
/** `image` as the model's network sees it; made when first needed. */
let prepared: Prepared | null = null;
/** The newest grounding, whose device outputs are kept until another takes its place. */
let last: { readonly id: number; readonly grounding: Grounding } | null = null;

function post(message: GroundingMessage, transfer: Transferable[] = []): void {
  (self as unknown as DedicatedWorkerGlobalScope).postMessage(message, transfer);
}

async function handle(request: Parameters<RequestQueue['push']>[0], signal: AbortSignal): Promise<void> {
  try {
    await answer(request, signal);
  } catch (error) {
    if (error instanceof CancelledError || signal.aborted) post({ kind: 'cancelled', id: request.id });
    else post({ kind: 'error', id: request.id, error: errorInfo(error) });
  }
}

async function answer(request: GroundingRequest, signal: AbortSignal): Promise<void> {
  switch (request.kind) {
    case 'load-model':
      return load(request, signal);
    case 'set-image':
      return setImage(request, signal);
    case 'ground':
      return ground(request, signal);
    case 'attention':
      return attention(request);
    case 'dense':
      return dense(request);
    case 'unload':
      await unload();
      return post({ kind: 'unloaded', id: request.id });
    case 'cancel':
      return;
  }
}

async function load(request: LoadModelRequest, signal: AbortSignal): Promise<void> {
  await unload();
  const { id } = request;
  const loaded = await loadModel(request, signal, (progress) => post({ kind: 'progress', id, ...progress }));
  model = loaded;
  loaded.gpu?.device.lost.then(({ reason, message }) => {
    if (reason === 'destroyed' || model !== loaded) return;
    // Its sessions are gone with it; nothing is left to release on the device.
    model = null;
    last = null;
    post({
      kind: 'error',
      id: null,
      error: {
        code: 'device-lost',
        message: `The graphics processor was taken away${message ? ` (${message})` : ''}.`,
        hint: 'Load the model again.',
      },
    });
  });
  post({ kind: 'model-loaded', id, model: loaded.described });
}

function disposeLast(): void {
  last?.grounding.dispose();
  last = null;
}

async function unload(): Promise<void> {
  disposeLast();
  prepared = null;
  const old = model;
  model = null;
  await old?.grounder.release();
  old?.gpu?.device.destroy();
}

async function setImage({ id, bitmap }: SetImageRequest, signal: AbortSignal): Promise<void> {
  const { width, height } = bitmap;
  const start = performance.now();
  image = pixelsOf(bitmap);
  const pixelsMs = performance.now() - start;
  disposeLast();
  const ready = model && prepare(image, model);
  post({ kind: 'image-set', id, width, height, timings: { pixelsMs, resizeMs: ready?.ms ?? 0 } });
  // While the person writes; what fails here fails again, and is said, when they ask.
  if (ready && !signal.aborted) await look(ready.prepared).catch(() => undefined);
}

/** Computes what the image gives before any word comes in. */
async function look(of: Prepared): Promise<void> {
  const start = performance.now();
  await of.by.grounder.look(of.result);
  of.patchesMs = performance.now() - start;
}

/** The image as the model sees it, and how long that took now (0 where it was done before). */
function prepare(of: RgbImage, by: Model): { prepared: Prepared; ms: number } {
  if (prepared?.of === of && prepared.by === by) return { prepared, ms: 0 };
  const start = performance.now();
  const { side, patch } = by.grounder.config;
  prepared = { of, by, result: preprocess(of, side, patch), patchesMs: 0 };
  return { prepared, ms: performance.now() - start };
}

async function ground({ id, expression }: GroundRequest, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  if (!model) throw new WorkerError('no-model', 'No model is loaded yet.', 'Wait until it is there.');
  if (!image) throw new WorkerError('no-image', 'There is no image yet.', 'Choose one first.');
  if (expression.trim() === '') {
    throw new WorkerError('empty-expression', 'The expression is empty.', 'Say what to look for.');
  }
  const { prepared: ready, ms: resize } = prepare(image, model);
  const encoded = model.tokenizer.encode(expression);
  disposeLast();
  const grounding = await model.grounder.ground(ready.result, encoded).catch((error: Error) => {
    throw new WorkerError(
      'run-failed',
      `The network failed while it ran: ${error.message}`,
      'Load the model again.',
    );
  });
  last = { id, grounding };
  if (signal.aborted) throw new CancelledError();
  ready.patchesMs ||= grounding.timings.patches;
  const result = resultOf(model, expression, encoded, ready, grounding, resize, performance.now() - start);
  post({ kind: 'grounded', id, result }, [result.regAttention.data.buffer as ArrayBuffer]);
}

function resultOf(
  { grounder, gpu }: Model,
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
    provider: gpu ? 'webgpu' : 'wasm',
    precision: grounder.precision,
  };
}

/** The grounding that a request is about, or null, with the request answered, where a newer one has taken its place. */
function groundingOf({ id, of }: AttentionRequest | DenseRequest): Grounding | null {
  if (last?.id === of) return last.grounding;
  post({ kind: 'stale', id });
  return null;
}

async function attention(request: AttentionRequest): Promise<void> {
  const grounding = groundingOf(request);
  if (!grounding) return;
  const start = performance.now();
  const clsAttention = await grounding.clsAttention();
  const words = await grounding.wordAttention();
  const wordAttention = words.data.length > 0 ? words : null;
  post(
    {
      kind: 'attention-done',
      id: request.id,
      clsAttention,
      wordAttention,
      totalMs: performance.now() - start,
    },
    [clsAttention, ...(wordAttention ? [wordAttention] : [])].map(({ data }) => data.buffer as ArrayBuffer),
  );
}

async function dense(request: DenseRequest): Promise<void> {
  const grounding = groundingOf(request);
  if (!grounding) return;
  const { regRollout, tokenSimilarity, maskLogits, ms } = await grounding.dense();
  const mask = maskLogits.data.map((value) => 1 / (1 + Math.exp(-value)));
  const maps = { regRollout: regRollout.data, tokenSimilarity: tokenSimilarity.data, mask };
  post(
    { kind: 'dense-done', id: request.id, ...maps, totalMs: ms },
    Object.values(maps).map(({ buffer }) => buffer as ArrayBuffer),
  );
}

// ONNX Runtime's threads are workers of that name; one that should re-import this file must not start a second queue.
if (!self.name.startsWith('em-pthread')) {
  const queue = new RequestQueue(handle, post);
  self.addEventListener('message', (event: MessageEvent<GroundingRequest>) => queue.push(event.data));
}
