/**
 * Talks to the grounding worker: promises for requests, by id; progress; cancellation by `AbortSignal`; and
 * every failure, the worker's death included, as a `GroundingError`. It keeps no state that a person could
 * see: that is the stores'.
 */
import type {
  AttentionReply,
  DenseReply,
  GroundedReply,
  GroundingMessage,
  GroundingReply,
  GroundingRequest,
  ImageSetReply,
  LoadedModel,
  LoadModelRequest,
  ProgressEvent,
  WorkerErrorInfo,
} from '../../workers/protocol.ts';

/** What the client needs of a `Worker`. */
export interface WorkerPort {
  postMessage(message: GroundingRequest, transfer: Transferable[]): void;
  onmessage: ((event: { readonly data: GroundingMessage }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  terminate(): void;
}

/** `code` is the worker's, or `cancelled`, `stale` or `worker-died`. */
export class GroundingError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(info: WorkerErrorInfo, options?: ErrorOptions) {
    super(info.message, options);
    this.name = 'GroundingError';
    this.code = info.code;
    this.hint = info.hint;
  }

  /** True where nobody needs to be told: they asked for it, or asked for something newer. */
  get silent(): boolean {
    return this.code === 'cancelled' || this.code === 'stale';
  }
}

export function asGroundingError(cause: unknown): GroundingError {
  if (cause instanceof GroundingError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new GroundingError({ code: 'internal', message }, { cause });
}

type ReplyOf<Kind extends GroundingReply['kind']> = Extract<GroundingReply, { kind: Kind }>;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

interface Pending {
  readonly expects: GroundingReply['kind'];
  readonly resolve: (reply: GroundingReply) => void;
  readonly reject: (error: GroundingError) => void;
  readonly onProgress: ((event: ProgressEvent) => void) | undefined;
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  readonly transfer?: Transferable[];
}

export class GroundingClient {
  readonly #openPort: () => WorkerPort;
  readonly #pending = new Map<number, Pending>();
  #port: WorkerPort | null = null;
  #nextId = 1;
  #generation = 0;
  /** Told of failures that belong to no request: a lost device, a worker that died. */
  onFault: ((error: GroundingError) => void) | null = null;

  constructor(openPort: () => WorkerPort) {
    this.#openPort = openPort;
  }

  /** Grows whenever a new worker starts: what the old one had been given (the image) is gone. */
  get generation(): number {
    return this.#generation;
  }

  /** Starts the worker if none runs. */
  start(): void {
    this.#ensurePort();
  }

  async loadModel(
    request: Omit<LoadModelRequest, 'kind' | 'id'>,
    options?: Pick<CallOptions, 'signal' | 'onProgress'>,
  ): Promise<LoadedModel> {
    return (await this.#call('model-loaded', { kind: 'load-model', ...request }, options)).model;
  }

  /** The bitmap is transferred and of no use to the caller afterwards. */
  setImage(bitmap: ImageBitmap): Promise<ImageSetReply> {
    return this.#call('image-set', { kind: 'set-image', bitmap }, { transfer: [bitmap] });
  }

  /** The reply's id is what `attention` and `dense` ask by. */
  ground(expression: string, options?: Pick<CallOptions, 'signal'>): Promise<GroundedReply> {
    return this.#call('grounded', { kind: 'ground', expression }, options);
  }

  /** @param of the id of a grounding; rejects as `stale` once the worker has a newer one */
  attention(of: number, options?: Pick<CallOptions, 'signal'>): Promise<AttentionReply> {
    return this.#call('attention-done', { kind: 'attention', of }, options);
  }

  /** @param of as in `attention` */
  dense(of: number, options?: Pick<CallOptions, 'signal'>): Promise<DenseReply> {
    return this.#call('dense-done', { kind: 'dense', of }, options);
  }

  async unload(): Promise<void> {
    await this.#call('unloaded', { kind: 'unload' });
  }

  /** Ends the worker and everything asked of it; the next request starts a new one. */
  stop(error = new GroundingError({ code: 'cancelled', message: 'The worker was stopped.' })): void {
    this.#port?.terminate();
    this.#port = null;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }

  #ensurePort(): WorkerPort {
    if (this.#port) return this.#port;
    const port = this.#openPort();
    this.#generation++;
    port.onmessage = (event) => {
      if (this.#port === port) this.#receive(event.data);
    };
    port.onerror = (event) => {
      if (this.#port === port) this.#died(event.message);
    };
    this.#port = port;
    return port;
  }

  #died(message: string | undefined): void {
    const error = new GroundingError({
      code: 'worker-died',
      ...(message
        ? {
            message: `The worker stopped: ${message}`,
            hint: 'Load the model again; if it happens once more, reload the page.',
          }
        : {
            // An error event without words is a script that did not load.
            message: 'The worker that runs the network could not be started.',
            hint: 'Its script may be missing on the host, or the connection lost. Try again; if it happens once more, reload the page.',
          }),
    });
    this.stop(error);
    this.onFault?.(error);
  }

  #call<Kind extends GroundingReply['kind']>(
    expects: Kind,
    request: WithoutId<GroundingRequest>,
    { signal, onProgress, transfer = [] }: CallOptions = {},
  ): Promise<ReplyOf<Kind>> {
    return new Promise<GroundingReply>((resolve, reject) => {
      const cancelled = (): GroundingError =>
        new GroundingError({ code: 'cancelled', message: 'Cancelled.' }, { cause: signal?.reason });
      if (signal?.aborted) {
        reject(cancelled());
        return;
      }
      const id = this.#nextId++;
      const onAbort = (): void => {
        if (!this.#pending.delete(id)) return;
        this.#port?.postMessage({ kind: 'cancel', id: this.#nextId++, target: id }, []);
        // At once: the worker may be inside a graph, and its reply is of no interest any more.
        reject(cancelled());
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      this.#pending.set(id, {
        expects,
        onProgress,
        resolve: (reply) => {
          settled();
          resolve(reply);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      try {
        this.#ensurePort().postMessage({ ...request, id } as GroundingRequest, transfer);
      } catch (cause) {
        this.#pending.delete(id);
        settled();
        reject(asGroundingError(cause));
      }
    }) as Promise<ReplyOf<Kind>>;
  }

  #receive(message: GroundingMessage): void {
    if (message.kind === 'error' && message.id === null) {
      this.onFault?.(new GroundingError(message.error));
      return;
    }
    if (message.id === null) return;
    const pending = this.#pending.get(message.id);
    if (!pending) return; // Cancelled, or of an earlier worker.
    if (message.kind === 'progress') {
      pending.onProgress?.(message);
      return;
    }
    this.#pending.delete(message.id);
    if (message.kind === pending.expects) pending.resolve(message);
    else if (message.kind === 'error') pending.reject(new GroundingError(message.error));
    else if (message.kind === 'stale' || message.kind === 'cancelled') {
      pending.reject(new GroundingError({ code: message.kind, message: `The request is ${message.kind}.` }));
    } else {
      pending.reject(
        new GroundingError({
          code: 'internal',
          message: `The worker answered ${message.kind} where ${pending.expects} was expected.`,
        }),
      );
    }
  }
}
