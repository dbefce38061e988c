import { expect, test } from 'vitest';
import type { GroundingReply, GroundingRequest } from './protocol.ts';
import { RequestQueue } from './request-queue.ts';

/** A queue whose requests finish when the test says so. */
function harness() {
  const started: number[] = [];
  const replies: GroundingReply[] = [];
  const signals = new Map<number, AbortSignal>();
  const finish = new Map<number, () => void>();
  const queue = new RequestQueue(
    (request, signal) => {
      started.push(request.id);
      signals.set(request.id, signal);
      return new Promise((resolve) => finish.set(request.id, resolve));
    },
    (reply) => replies.push(reply),
  );
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  const done = async (id: number) => {
    finish.get(id)?.();
    await settle();
  };
  return { queue, started, replies, signals, done };
}

const ground = (id: number): GroundingRequest => ({ kind: 'ground', id, expression: `thing ${id}` });

test('requests run one at a time, in the order they came', async () => {
  const { queue, started, done } = harness();
  queue.push({ kind: 'unload', id: 1 });
  queue.push({ kind: 'unload', id: 2 });
  expect(started).toEqual([1]);
  await done(1);
  expect(started).toEqual([1, 2]);
});

test('a newer grounding makes those that still wait stale, and lets the running one finish', async () => {
  const { queue, started, replies, signals, done } = harness();
  queue.push(ground(1));
  queue.push(ground(2));
  queue.push(ground(3));
  expect(replies).toEqual([{ kind: 'stale', id: 2 }]);
  expect(signals.get(1)?.aborted).toBe(false);
  await done(1);
  expect(started).toEqual([1, 3]);
});

test('a new image makes waiting groundings stale, but not a model that is to be loaded', async () => {
  const { queue, replies } = harness();
  queue.push({ kind: 'unload', id: 1 });
  queue.push({ kind: 'load-model', id: 2, bundleUrl: '', provider: 'auto', precision: 'auto' });
  queue.push(ground(3));
  queue.push({ kind: 'set-image', id: 4, bitmap: {} as ImageBitmap });
  expect(replies).toEqual([{ kind: 'stale', id: 3 }]);
});

test('cancelling a waiting request answers it and never starts it', async () => {
  const { queue, started, replies, done } = harness();
  queue.push({ kind: 'unload', id: 1 });
  queue.push(ground(2));
  queue.push({ kind: 'cancel', id: 3, target: 2 });
  expect(replies).toEqual([{ kind: 'cancelled', id: 2 }]);
  await done(1);
  expect(started).toEqual([1]);
});

test('cancelling the running request fires its signal and leaves the reply to it', () => {
  const { queue, replies, signals } = harness();
  queue.push(ground(1));
  queue.push({ kind: 'cancel', id: 2, target: 1 });
  expect(signals.get(1)?.aborted).toBe(true);
  expect(replies).toEqual([]);
});

test('cancelling what is done or unknown does nothing', async () => {
  const { queue, replies, signals, done } = harness();
  queue.push(ground(1));
  await done(1);
  queue.push({ kind: 'cancel', id: 2, target: 1 });
  queue.push({ kind: 'cancel', id: 3, target: 99 });
  expect(replies).toEqual([]);
  expect(signals.get(1)?.aborted).toBe(false);
});
