// What is not wanted any more: requests that are cancelled while they wait, download or run, and those that newer ones
// have made pointless.

import { beforeEach, describe, expect, test } from 'vitest';
import type { GroundingReply } from './protocol.ts';
import { expectKind, FakeGpu, ServiceInNode } from './testing/service-in-node.ts';

let worker: ServiceInNode;
beforeEach(() => {
  worker = new ServiceInNode();
});

const ready = async () => {
  await worker.loaded();
  await worker.imageSet();
};

describe('a request that is cancelled', () => {
  test('while it waits is answered at once and never begun', async () => {
    await ready();
    const { held, letRun } = worker.holdRun('image');
    const first = worker.ground('the red car');
    await held;
    worker.runs.length = 0;
    const { id, reply } = worker.load();
    worker.cancel(id);
    await expectKind('cancelled', reply);
    letRun();
    await expectKind('grounded', first.reply);
    await worker.grounded('the red car');
    expect(worker.runs).toEqual(['image']);
  });

  test('while its model downloads breaks the download off and keeps nothing of the file', async () => {
    const under = worker.network.stall('int8/text.bin');
    const { id, reply } = worker.load();
    await under;
    worker.cancel(id);
    await expectKind('cancelled', reply);
    expect(worker.sessions.size).toBe(0);
    expect([...(worker.network.cache?.keys() ?? [])].filter((url) => url.includes('text.bin'))).toEqual([]);
    worker.network.mend();
    worker.network.requests.length = 0;
    await worker.loaded();
    // What had come in whole is there.
    expect(worker.network.requests).not.toContain('tokenizer.json');
    expect(worker.network.requests).toContain('int8/text.bin');
  });

  test('while its model is tried out gives back sessions and device', async () => {
    const gpu = new FakeGpu();
    worker.gpu = gpu;
    const { held, letRun } = worker.holdRun('image');
    const { id, reply } = worker.load();
    await held;
    worker.cancel(id);
    letRun();
    await expectKind('cancelled', reply);
    expect(worker.sessions.size).toBe(0);
    expect(gpu.destroyed).toBe(true);
  });

  test('while its GPU fails is not tried on WebAssembly', async () => {
    worker.gpu = new FakeGpu();
    const { id, reply } = worker.load();
    const tried: string[] = [];
    worker.beforeSession = (_, { provider }) => {
      tried.push(provider);
      worker.cancel(id);
      throw new Error('no kernel');
    };
    await expectKind('cancelled', reply);
    expect(tried).toEqual(['webgpu']);
  });

  test('while it runs finishes, and its box is thrown away', async () => {
    await ready();
    const { held, letRun } = worker.holdRun('image');
    const { id, reply } = worker.ground();
    await held;
    worker.cancel(id);
    letRun();
    await expectKind('cancelled', reply);
    expect(worker.messages.filter(({ kind }) => kind === 'grounded')).toEqual([]);
    await worker.grounded();
  });

  test('after it was answered, or never was there, changes nothing', async () => {
    await ready();
    const { id } = await worker.grounded();
    worker.cancel(id);
    worker.cancel(1_000);
    await worker.grounded();
    expect(worker.messages.filter(({ kind }) => kind === 'cancelled')).toEqual([]);
  });
});

describe('a request that has become pointless', () => {
  test('is stale: groundings and readings that wait, once a newer expression is there', async () => {
    await ready();
    const { held, letRun } = worker.holdRun('image');
    const running = worker.ground('the red car');
    await held;
    const waiting = [
      worker.send({ kind: 'attention', of: running.id }),
      worker.send({ kind: 'dense', of: running.id }),
      worker.ground('the green car'),
    ];
    const newest = worker.ground('the blue car');
    for (const { reply } of waiting) await expectKind('stale', reply);
    worker.runs.length = 0;
    letRun();
    await expectKind('grounded', running.reply);
    expect((await expectKind('grounded', newest.reply)).result.expression).toBe('the blue car');
    expect(worker.runs).toEqual(['text', 'image']);
  });

  test('is stale once a newer image is there, and the running one is of the older', async () => {
    await ready();
    const { held, letRun } = worker.holdRun('image');
    const running = worker.ground('the red car');
    await held;
    const waiting = worker.ground('the green car');
    const image = worker.setImage(64, 32);
    await expectKind('stale', waiting.reply);
    letRun();
    const { result } = await expectKind('grounded', running.reply);
    expect(result.letterbox).toMatchObject({ imageWidth: 120, imageHeight: 80 });
    await expectKind('image-set', image.reply);
    expect((await worker.grounded()).result.letterbox).toMatchObject({ imageWidth: 64, imageHeight: 32 });
  });

  test('is the loading of a model, once it was cancelled for another', async () => {
    const under = worker.network.stall('int8/image.bin');
    const older = worker.load({ provider: 'wasm' });
    await under;
    worker.gpu = new FakeGpu();
    worker.cancel(older.id);
    const newer = worker.load({ provider: 'webgpu' });
    await expectKind('cancelled', older.reply);
    expect((await expectKind('model-loaded', newer.reply)).model.provider).toBe('webgpu');
    expect(worker.sessions.size).toBe(3);
  });
});

test('every request but a cancel is answered exactly once, in any tumult', async () => {
  const under = worker.network.stall('int8/image.bin');
  const asked: { readonly id: number; readonly reply: Promise<GroundingReply> }[] = [];
  asked.push(worker.load(), worker.ground(), worker.setImage());
  await under;
  asked.push(worker.ground('the green car'));
  worker.cancel(asked[0]?.id ?? 0);
  worker.network.mend();
  asked.push(worker.load(), worker.setImage(), worker.ground(), worker.ground('the blue car'));
  const last = asked.at(-1)?.id ?? 0;
  asked.push(worker.send({ kind: 'attention', of: last }), worker.send({ kind: 'dense', of: 1_000 }));
  asked.push(worker.send({ kind: 'unload' }), worker.send({ kind: 'attention', of: last }));
  const kinds = (await Promise.all(asked.map(({ reply }) => reply))).map(({ kind }) => kind);
  expect(kinds).toEqual([
    ...['cancelled', 'stale', 'image-set', 'stale', 'model-loaded', 'image-set', 'stale', 'grounded'],
    ...['attention-done', 'stale', 'unloaded', 'stale'],
  ]);
  const answers = worker.messages.flatMap((message) => (message.kind === 'progress' ? [] : [message.id]));
  expect(answers.toSorted()).toEqual(asked.map(({ id }) => id).toSorted());
});
