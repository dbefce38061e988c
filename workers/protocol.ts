/**
 * What the page and the grounding worker say to each other: one type per message kind.
 *
 * The page sends requests, each with an `id` that it never uses twice. The worker answers every request with
 * exactly one final reply that carries the same id, and may send any number of `progress` events before it.
 * Requests are taken in the order they come, one at a time (ONNX Runtime allows one run at a time over all
 * sessions); only `cancel` jumps the queue.
 *
 * This file holds types alone: no code runs from here, and neither the DOM nor the worker scope is needed.
 */
import type { BoxInImage, Letterbox } from '../src/grounding/boxes.ts';
import type { PictureKind } from '../src/grounding/bundle.ts';
import type { Precision, Provider } from '../src/grounding/providers.ts';

// ── Requests: page → worker ────────────────────────────────────────────────────────────────────────────────

/** Load a model, in place of the one loaded before. Final reply: `model-loaded`, `cancelled` or `error`. */
export interface LoadModelRequest {
  readonly kind: 'load-model';
  readonly id: number;
  /** Absolute URL of the bundle's folder, same origin, ending in a slash. */
  readonly bundleUrl: string;
  /** `auto`: WebGPU where it works, else wasm. A named provider is used or the request fails: no fallback. */
  readonly provider: Provider | 'auto';
  /** `auto`: the manifest's default for the provider that was chosen. */
  readonly precision: Precision | 'auto';
  /** Threads for wasm; left out: the worker chooses. One where the page is not cross-origin isolated. */
  readonly threads?: number;
}

/**
 * Set the image that later `ground` requests are about. Final reply: `image-set` or `error`. May be sent
 * before a model is loaded and stays set when the model changes: the worker keeps the pixels.
 */
export interface SetImageRequest {
  readonly kind: 'set-image';
  readonly id: number;
  /** Transferred. EXIF orientation applied, alpha kept (the network sees it on white). The worker closes it. */
  readonly bitmap: ImageBitmap;
}

/**
 * Ground an expression on the image set last. Final reply: `grounded`, `stale`, `cancelled` or `error`.
 * A newer `ground` or `set-image` makes those still queued stale; one that is running finishes.
 */
export interface GroundRequest {
  readonly kind: 'ground';
  readonly id: number;
  readonly expression: string;
}

/**
 * Reads back what the vision layers attended to in a grounding; nothing is computed. Final reply: `attention-done`,
 * `stale`, `cancelled` or `error`. The worker keeps the last grounding alone: once a newer one has taken its place, or
 * a newer `ground` or `set-image` waits, the reply is `stale`.
 */
export interface AttentionRequest {
  readonly kind: 'attention';
  readonly id: number;
  /** The id of the `ground` request. */
  readonly of: number;
}

/**
 * Runs the dense graph on a grounding: [REG]'s rollout, token similarity and mask. Final reply: `dense-done`, and
 * otherwise as of `attention`.
 */
export interface DenseRequest {
  readonly kind: 'dense';
  readonly id: number;
  /** The id of the `ground` request. */
  readonly of: number;
}

/**
 * Stop `target`: a queued request is dropped, a download is aborted, a running graph finishes and its result
 * is thrown away. The *target* is answered with `cancelled` (or with its own final reply, if that was already
 * on its way); the cancel request itself has no reply, and one for an id that is done or unknown does nothing.
 */
export interface CancelRequest {
  readonly kind: 'cancel';
  readonly id: number;
  readonly target: number;
}

/** Release the sessions and their memory. Final reply: `unloaded`. */
export interface UnloadRequest {
  readonly kind: 'unload';
  readonly id: number;
}

export type GroundingRequest =
  | LoadModelRequest
  | SetImageRequest
  | GroundRequest
  | AttentionRequest
  | DenseRequest
  | CancelRequest
  | UnloadRequest;

// ── Events and replies: worker → page ──────────────────────────────────────────────────────────────────────

/** How far a `load-model` has come. Bytes are of the whole download; they grow and never shrink. */
export interface ProgressEvent {
  readonly kind: 'progress';
  readonly id: number;
  /** `session`: the runtime starts and takes in the graphs. `warm-up`: first run, where shaders compile. */
  readonly phase: 'manifest' | 'download' | 'session' | 'warm-up';
  readonly loadedBytes: number;
  /** 0 while it is not known (phase `manifest`). */
  readonly totalBytes: number;
  /** The file being read, relative to the bundle. */
  readonly file?: string;
}

export interface LoadedModel {
  readonly name: string;
  readonly title?: string;
  readonly precision: Precision;
  readonly provider: Provider;
  /** Words for people, to stand after "because": "this browser has no WebGPU". No full stop. */
  readonly providerReason: string;
  /** The GPU's name, as far as the browser tells it. */
  readonly adapter?: string;
  /** Threads wasm computes with; 1 on WebGPU. */
  readonly threads: number;
  /** Side of the square the network sees, in pixels. */
  readonly side: number;
  /** Side of a patch, in pixels of that square. */
  readonly patch: number;
  /** Patches along a side. */
  readonly grid: number;
  /** Most tokens an expression may have, start and end included. */
  readonly contextLength: number;
  readonly licence: string;
  /** Words for people, to stand after "It was trained on": "drawn scenes of 96 everyday things". No full stop. */
  readonly trainedOn?: string;
  /** The kind of pictures it was trained on, where its manifest says. */
  readonly pictures?: PictureKind;
  /** The bundle's forms of the weights that run on this provider here, best first, with what each takes in all. */
  readonly precisions: readonly { readonly precision: Precision; readonly bytes: number }[];
  /** What else the bundle has, and where that would run; nowhere, for want of `shader-f16`, where that is empty. */
  readonly otherPrecisions?: readonly {
    readonly precision: Precision;
    readonly bytes: number;
    readonly runsOn: readonly Provider[];
  }[];
  /** Vision layers, 0-based, in which patches read words. */
  readonly bridgedLayers: readonly number[];
  /** Bytes that came over the network this time; 0 if everything was in a cache. */
  readonly downloadedBytes: number;
  readonly fromCache: boolean;
  /** Accuracies from the manifest, by the name of what was measured. */
  readonly scored?: Readonly<Record<string, number>>;
}

export interface ModelLoadedReply {
  readonly kind: 'model-loaded';
  readonly id: number;
  readonly model: LoadedModel;
}

export interface ImageSetReply {
  readonly kind: 'image-set';
  readonly id: number;
  /** Size of the bitmap, in pixels. */
  readonly width: number;
  readonly height: number;
  /**
   * Milliseconds. `pixelsMs`: taking the pixels out of the bitmap. `resizeMs`: 0 where no model is loaded yet and
   * resizing has to wait for its side.
   */
  readonly timings: { readonly pixelsMs: number; readonly resizeMs: number };
}

/** One word of the expression as the tokenizer split it. */
export interface GroundedWord {
  readonly text: string;
  /** False where the training data never had it. True for all where the bundle has no word list. */
  readonly known: boolean;
  /** Its tokens' positions in `tokens`. */
  readonly tokenPositions: readonly number[];
}

export interface GroundingTimings {
  /** Milliseconds. `text`: that graph, 0 where a stored result was used; `image`: the graph that gives the box. */
  readonly text: number;
  /** The graph of what the image gives before any word: once for the image, as a rule before the expression came. */
  readonly patches: number;
  readonly image: number;
  /** Reading outputs back from the GPU; part of neither `text` nor `image`. */
  readonly readBack: number;
  /** Resizing the image, 0 where that was done with an earlier expression. */
  readonly resize: number;
  /** From taking the request off the queue to the reply. */
  readonly total: number;
}

export interface GroundedResult {
  readonly expression: string;
  /** Pixels of the bitmap that was set, inside it. */
  readonly box: BoxInImage;
  /** Centre x, centre y, width, height as fractions of the padded square: what the network said. */
  readonly boxInFrame: readonly [number, number, number, number];
  /** Ids with start and end, cut at the context, not padded. */
  readonly tokens: readonly number[];
  readonly words: readonly GroundedWord[];
  /** Words with `known: false`, each once, in order. */
  readonly unknownWords: readonly string[];
  /** True where the expression was longer than the context and its end was not read. */
  readonly cut: boolean;
  /** [REG] rows over [REG, CLS, patches, text]; transferred. `shape` is [layers, heads, tokens]. */
  readonly regAttention: {
    readonly data: Float32Array;
    readonly shape: readonly [number, number, number];
  };
  readonly grid: number;
  readonly letterbox: Letterbox;
  /** [grid · grid], row-major, 1 = padding. */
  readonly patchMask: Uint8Array;
  /** CLIP similarity of image and expression. */
  readonly logit: number;
  readonly timings: GroundingTimings;
  readonly provider: Provider;
  readonly precision: Precision;
}

export interface GroundedReply {
  readonly kind: 'grounded';
  readonly id: number;
  readonly result: GroundedResult;
}

/** A tensor with its shape, row-major; transferred. */
export interface ReadTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface AttentionReply {
  readonly kind: 'attention-done';
  readonly id: number;
  /** [vision layers, heads, 1 + patches]: the [CLS] row over [CLS, patches]. */
  readonly clsAttention: ReadTensor;
  /** [bridged layers, heads, 1 + patches, context]; null where nothing is bridged. */
  readonly wordAttention: ReadTensor | null;
  /** Milliseconds. */
  readonly totalMs: number;
}

export interface DenseReply {
  readonly kind: 'dense-done';
  readonly id: number;
  /** [2 + patches + context]: [REG]'s attention rolled out over the grounding layers; transferred. */
  readonly regRollout: Float32Array;
  /** [grid · grid], row-major scores, above 0 where the network takes a patch for part of the thing; transferred. */
  readonly tokenSimilarity: Float32Array;
  /** [8·grid · 8·grid], row-major probabilities; transferred. */
  readonly mask: Float32Array;
  /** Milliseconds. */
  readonly totalMs: number;
}

export interface UnloadedReply {
  readonly kind: 'unloaded';
  readonly id: number;
}

/** A newer request made this one pointless; nothing was computed. */
export interface StaleReply {
  readonly kind: 'stale';
  readonly id: number;
}

export interface CancelledReply {
  readonly kind: 'cancelled';
  readonly id: number;
}

/**
 * Codes that the page has words and remedies for. The rooms below throw codes of their own; those pass
 * through unchanged and are shown with their message.
 */
export type KnownErrorCode =
  /** The bundle's folder or a file in it could not be fetched. */
  | 'fetch-failed'
  /** The manifest is not one, or not of a version this program reads. */
  | 'bad-manifest'
  /** A file's size or SHA-256 is not what the manifest says. */
  | 'wrong-hash'
  /** The provider that was asked for cannot be had. */
  | 'provider-unavailable'
  /** The bundle does not have the precision that was asked for. */
  | 'precision-unavailable'
  /** A session could not be made. */
  | 'session-failed'
  /** The GPU was taken away; the model has to be loaded again. */
  | 'device-lost'
  | 'out-of-memory'
  /** A graph failed while it ran. */
  | 'run-failed'
  | 'no-model'
  | 'no-image'
  | 'empty-expression'
  | 'bad-request'
  | 'internal';

export interface WorkerErrorInfo {
  readonly code: KnownErrorCode | (string & {});
  /** One sentence for people that names the thing. */
  readonly message: string;
  /** What they can do about it, one sentence. */
  readonly hint?: string;
}

/** Final reply to a request that failed; `id: null` for what belongs to none (a lost device between runs). */
export interface ErrorReply {
  readonly kind: 'error';
  readonly id: number | null;
  readonly error: WorkerErrorInfo;
}

export type GroundingReply =
  | ModelLoadedReply
  | ImageSetReply
  | GroundedReply
  | AttentionReply
  | DenseReply
  | UnloadedReply
  | StaleReply
  | CancelledReply
  | ErrorReply;

/** Everything the worker posts. */
export type GroundingMessage = ProgressEvent | GroundingReply;
