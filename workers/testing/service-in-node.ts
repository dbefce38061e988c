// The grounding service on Node for tests: the bundled model on onnxruntime-node, downloaded from its folder as from a
// network. A GPU is a device that can be lost and computes on the CPU. Runs can be held, failed and spoiled. Messages are
// copied and transferred as a port does it, so that what has gone to the page is gone here.

import { fileURLToPath } from 'node:url';
import type { InferenceSession } from 'onnxruntime-common';
import { nodeRuntime } from '../../cli/node-runtime.ts';
import { readChecked } from '../../src/grounding/bundle.ts';
import type { RgbImage } from '../../src/grounding/preprocess.ts';
import type { Runtime } from '../../src/grounding/session.ts';
import { GroundingService } from '../grounding-service.ts';
import type { ModelSurroundings, RunsOn } from '../loaded-model.ts';
import { loadModel } from '../loaded-model.ts';
import type {
  GroundingMessage,
  GroundingReply,
  GroundingRequest,
  LoadModelRequest,
  ProgressEvent,
} from '../protocol.ts';
import { FolderNetwork } from './folder-network.ts';

export const BUNDLED = fileURLToPath(new URL('../../public/models/hivg-mini', import.meta.url));

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
type ReplyOf<Kind extends GroundingReply['kind']> = Extract<GroundingReply, { kind: Kind }>;
type Outputs = InferenceSession.OnnxValueMapType;

/** Stands around a run of a graph: may wait, throw, or change what it gives. */
export type AroundRun = (run: () => Promise<Outputs>, graph: string, on: RunsOn) => Promise<Outputs>;

/** A device that can be lost. */
export class FakeGpu {
  readonly float16 = false;
  readonly name = 'fake architecture';
  readonly software: boolean;
  destroyed = false;
  readonly device: GPUDevice;
  #lose: (info: GPUDeviceLostInfo) => void = () => {};

  constructor({ software = false } = {}) {
    this.software = software;
    const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
      this.#lose = resolve;
    });
    const destroy = () => {
      this.destroyed = true;
      this.#lose({ reason: 'destroyed', message: '' } as GPUDeviceLostInfo);
    };
    this.device = { lost, destroy } as unknown as GPUDevice;
  }

  lose(message: string): void {
    this.#lose({ reason: 'unknown', message } as GPUDeviceLostInfo);
  }
}

/** A picture of one colour on the left and another on the right. */
export function pictureOf(width: number, height: number): RgbImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    data.set(i % width < width / 2 ? [200, 40, 30, 255] : [90, 160, 80, 255], 4 * i);
  }
  return { width, height, data, channels: 4 };
}

export class ServiceInNode {
  readonly network = new FolderNetwork(BUNDLED);
  /** Given where a device is asked for. */
  gpu: FakeGpu | string = 'this browser has no WebGPU';
  aroundRun: AroundRun = (run) => run();
  /** Called before a session is made; throws in its place. */
  beforeSession: (graph: string, on: RunsOn) => void = () => {};
  pixelsOf = ({ width, height }: ImageBitmap): RgbImage => pictureOf(width, height);
  /** Graphs that were run since the last look, in order. */
  readonly runs: string[] = [];
  /** Sessions that have been made and not been released. */
  readonly sessions = new Set<InferenceSession>();
  readonly messages: GroundingMessage[] = [];
  readonly #waiting = new Map<number, (reply: GroundingReply) => void>();
  readonly #service: GroundingService;
  #nextId = 1;
  #clock = 0;

  constructor() {
    const around: ModelSurroundings = {
      origin: this.network.origin,
      fetch: this.network.fetch,
      openCache: this.network.openCache,
      openGpu: async () => this.gpu,
      threadCount: (wanted) => wanted ?? 4,
      openRuntime: async (reader, manifest, on) =>
        this.#runtime(on, (path) => readChecked(reader, manifest, path)),
    };
    this.#service = new GroundingService(
      (message, transfer = []) => this.#receive(structuredClone(message, { transfer })),
      {
        loadModel: (request, signal, report) => loadModel(request, signal, report, around),
        pixelsOf: (bitmap) => this.pixelsOf(bitmap),
        now: () => {
          this.#clock += 10;
          return this.#clock;
        },
      },
    );
  }

  send(request: WithoutId<GroundingRequest>): {
    readonly id: number;
    readonly reply: Promise<GroundingReply>;
  } {
    const id = this.#nextId++;
    const reply = new Promise<GroundingReply>((resolve) => this.#waiting.set(id, resolve));
    this.#service.receive({ ...request, id } as GroundingRequest);
    return { id, reply };
  }

  load(change: Partial<Omit<LoadModelRequest, 'kind' | 'id'>> = {}) {
    const { bundleUrl } = this.network;
    return this.send({ kind: 'load-model', bundleUrl, provider: 'auto', precision: 'auto', ...change });
  }

  async loaded(change: Parameters<ServiceInNode['load']>[0] = {}) {
    return (await expectKind('model-loaded', this.load(change).reply)).model;
  }

  setImage(width = 120, height = 80) {
    return this.send({ kind: 'set-image', bitmap: { width, height } as ImageBitmap });
  }

  async imageSet(width?: number, height?: number) {
    return expectKind('image-set', this.setImage(width, height).reply);
  }

  ground(expression = 'the red car') {
    return this.send({ kind: 'ground', expression });
  }

  async grounded(expression?: string) {
    return expectKind('grounded', this.ground(expression).reply);
  }

  cancel(target: number): void {
    this.send({ kind: 'cancel', target });
  }

  async refused(reply: Promise<GroundingReply>) {
    return (await expectKind('error', reply)).error;
  }

  progressOf(id: number): ProgressEvent[] {
    return this.messages.filter((message) => message.kind === 'progress').filter((event) => event.id === id);
  }

  /** Holds the next run of a graph: `held` resolves once it is under way, `letRun` lets it compute. */
  holdRun(graph: string): { readonly held: Promise<void>; letRun(): void } {
    let letRun = () => {};
    let started = () => {};
    const gate = new Promise<void>((resolve) => {
      letRun = resolve;
    });
    const held = new Promise<void>((resolve) => {
      started = resolve;
    });
    const before = this.aroundRun;
    this.aroundRun = async (run, name, on) => {
      if (name === graph) {
        this.aroundRun = before;
        started();
        await gate;
      }
      return before(run, name, on);
    };
    return { held, letRun };
  }

  #receive(message: GroundingMessage): void {
    this.messages.push(message);
    if (message.kind !== 'progress' && message.id !== null) this.#waiting.get(message.id)?.(message);
  }

  #runtime(on: RunsOn, read: (path: string) => Promise<unknown>): Runtime {
    const native = nodeRuntime(BUNDLED, { threads: 1 });
    return {
      ...native,
      provider: on.provider,
      createSession: async (files, keepOnDevice) => {
        const graph = files.model.split(/[./]/).at(1) as string;
        this.beforeSession(graph, on);
        // The runtime maps them from disk; a browser's reads them here.
        for (const path of [files.model, ...files.weights]) await read(path);
        const session = await native.createSession(files, keepOnDevice);
        return this.#watched(session, graph, on);
      },
    };
  }

  #watched(session: InferenceSession, graph: string, on: RunsOn): InferenceSession {
    const { sessions, runs } = this;
    const run = session.run.bind(session);
    const release = session.release.bind(session);
    sessions.add(session);
    return Object.assign(session, {
      run: (feeds: InferenceSession.FeedsType) => {
        runs.push(graph);
        return this.aroundRun(() => run(feeds), graph, on);
      },
      release: async () => {
        sessions.delete(session);
        await release();
      },
    });
  }
}

export async function expectKind<Kind extends GroundingReply['kind']>(
  kind: Kind,
  reply: Promise<GroundingReply>,
): Promise<ReplyOf<Kind>> {
  const got = await reply;
  if (got.kind !== kind) {
    throw new Error(`It is ${got.kind}${got.kind === 'error' ? `: ${got.error.message}` : ''}, not ${kind}.`);
  }
  return got as ReplyOf<Kind>;
}
