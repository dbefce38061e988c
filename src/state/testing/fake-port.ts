/** A worker port whose other end is the test: it sees every request and answers when it likes. */
import type {
  GroundedResult,
  GroundingMessage,
  GroundingRequest,
  LoadedModel,
} from '../../../workers/protocol.ts';
import { boxInImage, letterboxOf } from '../../grounding/boxes.ts';
import { type Grounding, groundingOf, keyOf } from '../entries.ts';
import type { WorkerPort } from '../grounding-client.ts';

export class FakePort implements WorkerPort {
  onmessage: WorkerPort['onmessage'] = null;
  onerror: WorkerPort['onerror'] = null;
  readonly requests: GroundingRequest[] = [];
  readonly transfers: Transferable[][] = [];
  terminated = false;

  postMessage(message: GroundingRequest, transfer: Transferable[]): void {
    this.requests.push(message);
    this.transfers.push(transfer);
  }

  terminate(): void {
    this.terminated = true;
  }

  answer(message: GroundingMessage): void {
    this.onmessage?.({ data: message });
  }

  /** The newest request of a kind. */
  last<Kind extends GroundingRequest['kind']>(kind: Kind): Extract<GroundingRequest, { kind: Kind }> {
    const found = this.requests.findLast((request) => request.kind === kind);
    if (!found) throw new Error(`no ${kind} was sent`);
    return found as Extract<GroundingRequest, { kind: Kind }>;
  }

  count(kind: GroundingRequest['kind']): number {
    return this.requests.filter((request) => request.kind === kind).length;
  }
}

export const MODEL: LoadedModel = {
  name: 'hivg-mini',
  title: 'HiVG mini',
  precision: 'int8',
  provider: 'wasm',
  providerReason: 'this browser has no WebGPU',
  threads: 2,
  side: 224,
  patch: 16,
  grid: 14,
  contextLength: 77,
  precisions: [{ precision: 'int8', bytes: 9_000_000 }],
  bridgedLayers: [0],
  licence: 'Apache-2.0',
  trainedOn: 'drawn scenes of 96 everyday things',
  downloadedBytes: 12_400_000,
  fromCache: false,
};

/** A result on an image of 400 × 200 pixels: its left half. */
export function resultOf(expression: string, change: Partial<GroundedResult> = {}): GroundedResult {
  return {
    expression,
    box: boxInImage(0, 0, 200, 200),
    boxInFrame: [0.25, 0.5, 0.5, 0.5],
    tokens: [49406, 49407],
    words: [],
    unknownWords: [],
    cut: false,
    regAttention: { data: new Float32Array(275), shape: [1, 1, 275] },
    grid: 14,
    letterbox: letterboxOf(400, 200, 224),
    patchMask: new Uint8Array(196),
    logit: 20,
    timings: { patches: 20, text: 10, image: 100, readBack: 1, resize: 5, total: 120 },
    provider: 'wasm',
    precision: 'int8',
    ...change,
  };
}

/** An entry of the history, as it is before anything but the box has been read. */
export function entryOf(expression: string, change: Partial<GroundedResult> = {}): Grounding {
  const reply = { kind: 'grounded', id: 1, result: resultOf(expression, change) } as const;
  return groundingOf(keyOf(expression, MODEL), expression, reply, MODEL, { decode: 3, resize: 5 }, false);
}

/** Lets everything that is only waiting for promises go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
