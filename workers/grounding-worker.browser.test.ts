// The worker itself, in a real browser with the bundled model on WebAssembly: what it answers after the box, and to whom.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../src/grounding/bundle.ts';
import type { GroundedReply, GroundingMessage, GroundingReply, GroundingRequest } from './protocol.ts';

/** The bundled model's sizes, from its manifest. */
let layers = 0;
let heads = 0;
let grid = 0;
let context = 0;
let bridged: readonly number[] = [];

let worker: Worker;
const waiting = new Map<number, (reply: GroundingReply) => void>();
let nextId = 1;

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Sends a request; its id is known at once, its final reply later. */
function send(request: WithoutId<GroundingRequest>, transfer: Transferable[] = []) {
  const id = nextId++;
  const reply = new Promise<GroundingReply>((resolve) => waiting.set(id, resolve));
  worker.postMessage({ ...request, id }, transfer);
  return { id, reply };
}

async function replyOf<Kind extends GroundingReply['kind']>(
  kind: Kind,
  reply: Promise<GroundingReply>,
): Promise<Extract<GroundingReply, { kind: Kind }>> {
  const got = await reply;
  if (got.kind !== kind) throw new Error(got.kind === 'error' ? got.error.message : `It is ${got.kind}.`);
  return got as Extract<GroundingReply, { kind: Kind }>;
}

const ground = (expression: string) => send({ kind: 'ground', expression });
const grounded = (reply: Promise<GroundingReply>): Promise<GroundedReply> => replyOf('grounded', reply);

beforeAll(async () => {
  worker = new Worker(new URL('./grounding.worker.ts', import.meta.url), {
    type: 'module',
    name: 'grounding',
  });
  worker.onmessage = ({ data }: MessageEvent<GroundingMessage>) => {
    if (data.kind !== 'progress' && data.id !== null) waiting.get(data.id)?.(data);
  };
  const bundleUrl = new URL('/models/hivg-mini/', location.href).href;
  const load = send({ kind: 'load-model', bundleUrl, provider: 'wasm', precision: 'int8', threads: 1 });
  const { model } = await replyOf('model-loaded', load.reply);
  expect(model.precisions.map(({ precision }) => precision)).toEqual(['int8']);
  const { architecture } = (await (await fetch(`${bundleUrl}manifest.json`)).json()) as Manifest;
  const { vision, text } = architecture;
  ({ layers, heads } = vision);
  ({ grid, bridgedLayers: bridged } = architecture);
  ({ context } = text);
  expect(model.bridgedLayers).toEqual(bridged);
  const farm = await (await fetch('/samples/farm.webp')).blob();
  const bitmap = await createImageBitmap(farm);
  const set = await replyOf('image-set', send({ kind: 'set-image', bitmap }, [bitmap]).reply);
  expect(set.timings.resizeMs).toBeGreaterThan(0);
});
afterAll(() => worker.terminate());

test('after a box, the attention of the vision layers can be read, more than once', async () => {
  const { id, reply } = ground('the tractor');
  await grounded(reply);
  const read = async () => {
    const { clsAttention, wordAttention } = await replyOf(
      'attention-done',
      send({ kind: 'attention', of: id }).reply,
    );
    expect(clsAttention.shape).toEqual([layers, heads, 1 + grid ** 2]);
    expect(wordAttention?.shape).toEqual([bridged.length, heads, 1 + grid ** 2, context]);
    return [clsAttention.data, wordAttention?.data ?? new Float32Array()];
  };
  const first = await read();
  for (const [data, row] of [
    [first[0], 1 + grid ** 2],
    [first[1], context],
  ] as const) {
    const sum = data?.subarray(0, row).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(1, 4);
  }
  expect(await read()).toEqual(first);
});

test('the dense graph gives a rollout that is all of [REG]’s attention, cosines and probabilities', async () => {
  const { id, reply } = ground('the tractor');
  await grounded(reply);
  const { regRollout, tokenSimilarity, mask } = await replyOf(
    'dense-done',
    send({ kind: 'dense', of: id }).reply,
  );
  expect(regRollout.length).toBe(2 + grid ** 2 + context);
  expect(regRollout.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
  expect(tokenSimilarity.length).toBe(grid ** 2);
  expect(mask.length).toBe((8 * grid) ** 2);
  expect(mask.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(new Set(mask).size).toBeGreaterThan(100);
});

test('a grounding that a newer one has replaced answers nothing any more', async () => {
  const older = ground('the tractor');
  await grounded(older.reply);
  const newer = ground('the cow');
  await grounded(newer.reply);
  await replyOf('stale', send({ kind: 'attention', of: older.id }).reply);
  await replyOf('stale', send({ kind: 'dense', of: older.id }).reply);
  await replyOf('attention-done', send({ kind: 'attention', of: newer.id }).reply);
});

test('readings that wait are stale as soon as a newer expression is there, which goes first', async () => {
  const older = ground('the tractor');
  const attention = send({ kind: 'attention', of: older.id });
  const newer = ground('the barn');
  await replyOf('stale', attention.reply);
  expect((await grounded(newer.reply)).result.expression).toBe('the barn');
});
