// A model of the base network's sizes that computes nothing: its boxes are the plan's, and it loads, fails or keeps one
// waiting as the plan wants.

import { boxInImage, imageToSquare, squareToFrame, toCxCyWh } from '../../src/grounding/boxes.ts';
import type { Grounding } from '../../src/grounding/ground.ts';
import type { Preprocessed } from '../../src/grounding/preprocess.ts';
import type { Precision, Provider } from '../../src/grounding/providers.ts';
import type { Encoded, Tokenizer } from '../../src/grounding/tokenizer.ts';
import { BASE } from '../../src/hivg/testing/base-config.ts';
import { CancelledError, WorkerError } from '../../workers/errors.ts';
import type { Model, Surroundings } from '../../workers/grounding-service.ts';
import type { LoadedModel } from '../../workers/protocol.ts';
import { clsAttention, denseReadings, regAttention, wordAttention } from './fake-readings.ts';
import type { Plan } from './plan.ts';

const DOWNLOAD_BYTES = 12_400_000;
const LOOK_AGAIN_MS = 20;
const START_TOKEN = 49_406;
const END_TOKEN = 49_407;
const FIRST_WORD_TOKEN = 518;

const PRECISIONS: Readonly<Record<Provider, readonly Precision[]>> = {
  webgpu: ['q4', 'q8'],
  wasm: ['int8', 'fp32'],
};

const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));

/** @param onGpu is told how to take the GPU away from a model that has one */
export function fakeLoading(
  plan: Plan,
  onGpu: (lose: (message: string) => void) => void,
): Surroundings['loadModel'] {
  return async (request, signal, report) => {
    const progress = { loadedBytes: 6_150_000, totalBytes: DOWNLOAD_BYTES };
    report({ phase: 'download', ...progress });
    while (plan.load === 'downloading') {
      if (signal.aborted) throw new CancelledError();
      await pause();
    }
    if (plan.load === 'failed') {
      throw new WorkerError(
        'fetch-failed',
        'q4/image.onnx could not be fetched: 404 Not Found.',
        'Check that the server still runs.',
      );
    }
    const provider = request.provider === 'auto' ? plan.provider : request.provider;
    const precision = request.precision === 'auto' ? PRECISIONS[provider][0] : request.precision;
    return fakeModel(plan, provider, precision ?? 'fp32', onGpu);
  };
}

function fakeModel(
  plan: Plan,
  provider: Provider,
  precision: Precision,
  onGpu: (lose: (message: string) => void) => void,
): Model {
  return {
    grounder: {
      config: BASE,
      precision,
      look: async () => {},
      ground: (image, expression) => ground(plan, image, expression),
      release: async () => {},
    },
    tokenizer: fakeTokenizer(plan),
    gpu: provider === 'webgpu' ? { device: fakeDevice(onGpu) } : null,
    described: describe(provider, precision),
  };
}

function fakeDevice(onGpu: (lose: (message: string) => void) => void): NonNullable<Model['gpu']>['device'] {
  let resolve: (info: GPUDeviceLostInfo) => void = () => {};
  const lost = new Promise<GPUDeviceLostInfo>((done) => {
    resolve = done;
  });
  const lose = (reason: GPUDeviceLostReason, message: string): void =>
    resolve({ reason, message } as GPUDeviceLostInfo);
  onGpu((message) => lose('unknown', message));
  return { lost, destroy: () => lose('destroyed', '') as undefined };
}

function fakeTokenizer(plan: Plan): Tokenizer {
  const { context } = BASE.text;
  return {
    contextLength: context,
    encode: (expression) => {
      const texts = expression.split(' ');
      const ids = [START_TOKEN, ...texts.map((_, i) => FIRST_WORD_TOKEN + i), END_TOKEN];
      const padded = Int32Array.from({ length: context }, (_, i) => ids[i] ?? 0);
      return {
        ids,
        padded,
        endPosition: ids.length - 1,
        masked: Uint8Array.from(padded, (id) => (id === 0 ? 1 : 0)),
        tokens: ids.map((id, i) => ({ id, text: texts[i - 1] ?? '', word: texts[i - 1] ? i - 1 : null })),
        words: texts.map((text, i) => ({
          text,
          known: !plan.unknown.includes(text),
          tokenPositions: [i + 1],
        })),
        cut: plan.cut,
      };
    },
  };
}

async function ground(plan: Plan, image: Preprocessed, { words }: Encoded): Promise<Grounding> {
  while (plan.ground === 'working') await pause();
  if (plan.ground === 'failed') throw new Error('a shader did not compile');
  const box = plan.boxes[words.map(({ text }) => text).join(' ')] ?? [0.3, 0.3, 0.6, 0.7];
  const { imageWidth: width, imageHeight: height, side } = image.letterbox;
  const inImage = boxInImage(box[0] * width, box[1] * height, box[2] * width, box[3] * height);
  const seen = { config: BASE, image, box, words: words.length };
  return {
    box: inImage,
    boxInFrame: toCxCyWh(squareToFrame(imageToSquare(inImage, image.letterbox), { side })),
    logit: 21.5,
    regAttention: regAttention(seen),
    timings: { patches: 24, text: 38, image: 317, readBack: 4 },
    clsAttention: async () => clsAttention(seen),
    wordAttention: async () => wordAttention(seen),
    dense: async () => denseReadings(seen),
    dispose: () => {},
  };
}

function describe(provider: Provider, precision: Precision): LoadedModel {
  const gpu = provider === 'webgpu';
  return {
    name: 'hivg-mini',
    title: 'HiVG mini',
    provider,
    precision,
    providerReason: gpu ? 'this browser has WebGPU' : 'this browser has no WebGPU',
    ...(gpu ? { adapter: 'NVIDIA Ampere' } : {}),
    threads: gpu ? 1 : 2,
    side: BASE.side,
    patch: BASE.patch,
    grid: BASE.grid,
    contextLength: BASE.text.context,
    precisions: PRECISIONS[provider].map((name, i) => ({ precision: name, bytes: 6_000_000 * (1 + i) })),
    bridgedLayers: BASE.bridgedLayers,
    licence: 'Apache-2.0',
    trainedOn: 'drawn scenes of 96 everyday things',
    downloadedBytes: DOWNLOAD_BYTES,
    fromCache: false,
    scored: { 'New scenes': 0.782 },
  };
}
