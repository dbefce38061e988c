// What a loaded worker answers: images, groundings and readings of them, failures, a lost GPU, and giving all back.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { readManifest } from '../cli/folder-bundle.ts';
import { nodeRuntime } from '../cli/node-runtime.ts';
import { Grounder } from '../src/grounding/ground.ts';
import { preprocess } from '../src/grounding/preprocess.ts';
import { WorkerError } from './errors.ts';
import { BUNDLED, expectKind, FakeGpu, pictureOf, ServiceInNode } from './testing/service-in-node.ts';

const manifest = await readManifest(BUNDLED);
const { grid, vision, text, grounding: encoder, bridgedLayers } = manifest.architecture;

let worker: ServiceInNode;
beforeEach(() => {
  worker = new ServiceInNode();
});

const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

describe('a grounding', () => {
  test('is refused in words before there is a model, before there is an image, and of nothing', async () => {
    expect(await worker.refused(worker.ground().reply)).toMatchObject({ code: 'no-model' });
    await worker.loaded();
    expect(await worker.refused(worker.ground().reply)).toMatchObject({ code: 'no-image' });
    await worker.imageSet();
    expect(await worker.refused(worker.ground('  ').reply)).toMatchObject({ code: 'empty-expression' });
  });

  test('is what the grounding room gives for the same image and words', async () => {
    await worker.loaded();
    await worker.imageSet(120, 80);
    const { result } = await worker.grounded('the red car');
    const grounder = await Grounder.open(manifest, nodeRuntime(BUNDLED, { threads: 1 }), 'int8');
    const seen = preprocess(pictureOf(120, 80), manifest.architecture.side, manifest.architecture.patch);
    const padded = Int32Array.from({ length: text.context }, (_, i) => result.tokens[i] ?? 0);
    const expected = await grounder.ground(seen, {
      ids: [...result.tokens],
      padded,
      endPosition: result.tokens.length - 1,
      masked: Uint8Array.from(padded, (id) => (id === 0 ? 1 : 0)),
      tokens: [],
      words: [],
      cut: false,
    });
    expect(result.box).toEqual(expected.box);
    expect(result.boxInFrame).toEqual(expected.boxInFrame);
    expect(result.logit).toBe(expected.logit);
    expect(result.regAttention).toEqual(expected.regAttention);
    expect(result.letterbox).toEqual(seen.letterbox);
    expect(result.patchMask).toEqual(seen.patchMask);
    await grounder.release();
  });

  test('says which words the model was never taught, and each once', async () => {
    await worker.loaded();
    await worker.imageSet();
    const { result } = await worker.grounded('the red zebrafinch beside zebrafinch');
    expect(result.unknownWords).toEqual(['zebrafinch']);
    expect(result.words.map(({ text: word }) => word)).toEqual([
      'the',
      'red',
      'zebrafinch',
      'beside',
      'zebrafinch',
    ]);
    expect(result.tokens.length).toBeLessThanOrEqual(text.context);
    expect(result).toMatchObject({ cut: false, provider: 'wasm', precision: 'int8', grid });
    const { result: long } = await worker.grounded('the red car '.repeat(50));
    expect(long).toMatchObject({ cut: true });
  });

  test('does not compute again what the image gave while the person wrote', async () => {
    await worker.loaded();
    await worker.imageSet();
    await worker.grounded('the red car');
    worker.runs.length = 0;
    await worker.grounded('the green car');
    await worker.grounded('the red car');
    expect(worker.runs).toEqual(['text', 'image', 'image']);
  });

  test('has the times of its parts by the worker’s clock', async () => {
    await worker.loaded();
    expect((await worker.imageSet()).timings).toEqual({ pixelsMs: 10, resizeMs: 10 });
    // Two looks at the clock lie ten apart; `total` has no others in between.
    expect((await worker.grounded()).result.timings).toMatchObject({ resize: 0, patches: 10, total: 10 });
  });

  test('is freed on the device once the next one, another image or another model takes its place', async () => {
    await worker.loaded();
    await worker.imageSet();
    const freed: string[] = [];
    worker.aroundRun = async (run, graph) => {
      const outputs = await run();
      const { box } = outputs;
      if (graph === 'image' && box) {
        vi.spyOn(box, 'dispose').mockImplementation(() => void freed.push('box'));
      }
      return outputs;
    };
    await worker.grounded('the red car');
    expect(freed).toHaveLength(0);
    await worker.grounded('the green car');
    expect(freed).toHaveLength(1);
    await worker.imageSet(30, 30);
    expect(freed).toHaveLength(2);
    await worker.grounded('the green car');
    worker.aroundRun = (run) => run();
    await worker.loaded();
    expect(freed).toHaveLength(3);
  });

  test('that fails says why, and the next one goes on', async () => {
    await worker.loaded();
    await worker.imageSet();
    worker.aroundRun = async () => {
      throw new Error('a shader did not compile');
    };
    expect(await worker.refused(worker.ground().reply)).toEqual({
      code: 'run-failed',
      message: 'The network failed while it ran: a shader did not compile',
      hint: 'Load the model again.',
    });
    worker.aroundRun = (run) => run();
    await worker.grounded();
  });
});

describe('an image', () => {
  test('may come before the model, and waits for it', async () => {
    expect(await worker.imageSet(50, 40)).toMatchObject({ width: 50, height: 40, timings: { resizeMs: 0 } });
    expect(worker.runs).toEqual([]);
    await worker.loaded();
    expect((await worker.grounded()).result.letterbox).toMatchObject({ imageWidth: 50, imageHeight: 40 });
  });

  test('is looked at as soon as it is set, without any words', async () => {
    await worker.loaded();
    worker.runs.length = 0;
    await worker.imageSet();
    await expect.poll(() => worker.runs).toEqual(['patches']);
  });

  test('that does not fit in memory is refused by its size', async () => {
    await worker.loaded();
    worker.pixelsOf = ({ width, height }) => {
      throw new WorkerError('out-of-memory', `${width} × ${height} does not fit.`, 'Use a smaller one.');
    };
    expect(await worker.refused(worker.setImage(9_000, 8_000).reply)).toEqual({
      code: 'out-of-memory',
      message: '9000 × 8000 does not fit.',
      hint: 'Use a smaller one.',
    });
  });

  test('stays when another model takes over', async () => {
    await worker.loaded();
    await worker.imageSet();
    await worker.grounded();
    worker.gpu = new FakeGpu();
    await worker.loaded();
    const { result } = await worker.grounded();
    expect(result).toMatchObject({ provider: 'webgpu', precision: 'q4' });
  });
});

describe('readings after the box', () => {
  const attention = (of: number) => worker.send({ kind: 'attention', of }).reply;
  const dense = (of: number) => worker.send({ kind: 'dense', of }).reply;
  const ready = async () => {
    await worker.loaded();
    await worker.imageSet();
    return (await worker.grounded()).id;
  };

  test('are of the shapes of the model, and may be read twice', async () => {
    const id = await ready();
    worker.runs.length = 0;
    const { clsAttention, wordAttention } = await expectKind('attention-done', attention(id));
    expect(worker.runs).toEqual([]);
    expect(clsAttention.shape).toEqual([vision.layers, vision.heads, 1 + grid ** 2]);
    expect(wordAttention?.shape).toEqual([bridgedLayers.length, vision.heads, 1 + grid ** 2, text.context]);
    expect(sum(clsAttention.data)).toBeCloseTo(vision.layers * vision.heads, 2);
    expect(await attention(id)).toMatchObject({ clsAttention, wordAttention });

    const { regRollout, tokenSimilarity, mask } = await expectKind('dense-done', dense(id));
    expect(worker.runs).toEqual(['dense']);
    expect(regRollout.length).toBe(2 + grid ** 2 + text.context);
    expect(sum(regRollout)).toBeCloseTo(1, 3);
    expect(tokenSimilarity.length).toBe(grid ** 2);
    expect(mask.length).toBe((8 * grid) ** 2);
    expect(mask.every((value) => value > 0 && value < 1)).toBe(true);
    expect(await dense(id)).toMatchObject({ regRollout, tokenSimilarity, mask });
  });

  test('[REG]’s rows belong to the page once they have been sent, and the rest can still be read', async () => {
    await worker.loaded();
    await worker.imageSet();
    const { id, result } = await worker.grounded();
    expect(result.regAttention.shape).toEqual([encoder.layers, encoder.heads, 2 + grid ** 2 + text.context]);
    expect(sum(result.regAttention.data)).toBeCloseTo(encoder.layers * encoder.heads, 2);
    await expectKind('attention-done', attention(id));
  });

  test.each([
    ['a newer grounding', () => worker.grounded('the green car')],
    ['a newer image', () => worker.imageSet(30, 30)],
    ['another model', () => worker.loaded()],
    [
      'nothing, the model being unloaded,',
      () => expectKind('unloaded', worker.send({ kind: 'unload' }).reply),
    ],
  ])('are stale once %s has taken the grounding’s place', async (_, replace) => {
    const id = await ready();
    await replace();
    worker.runs.length = 0;
    await expectKind('stale', attention(id));
    await expectKind('stale', dense(id));
    expect(worker.runs).toEqual([]);
  });

  test('that memory does not suffice for are refused as such, and the grounding is still there', async () => {
    const id = await ready();
    worker.aroundRun = async () => {
      throw new Error('failed to call OrtRun(): std::bad_alloc');
    };
    expect(await worker.refused(dense(id))).toMatchObject({ code: 'out-of-memory' });
    worker.aroundRun = (run) => run();
    await expectKind('dense-done', dense(id));
  });
});

describe('a GPU that is taken away', () => {
  const onGpu = async () => {
    const gpu = new FakeGpu();
    worker.gpu = gpu;
    await worker.loaded();
    await worker.imageSet();
    return gpu;
  };
  const faults = () => worker.messages.filter((message) => message.kind === 'error' && message.id === null);

  test('between two runs is told at once, without a request', async () => {
    const gpu = await onGpu();
    const { id } = await worker.grounded();
    gpu.lose('the driver was reset');
    await expect.poll(faults).toEqual([
      {
        kind: 'error',
        id: null,
        error: {
          code: 'device-lost',
          message: 'The graphics processor was taken away (the driver was reset).',
          hint: 'Load the model again.',
        },
      },
    ]);
    await expectKind('stale', worker.send({ kind: 'attention', of: id }).reply);
    expect(await worker.refused(worker.ground().reply)).toMatchObject({ code: 'no-model' });
  });

  test('during a run fails the run, and a model that is loaded again finds the image', async () => {
    const gpu = await onGpu();
    worker.aroundRun = async () => {
      gpu.lose('');
      throw new Error('the device is lost');
    };
    expect(await worker.refused(worker.ground().reply)).toMatchObject({ code: 'run-failed' });
    expect(faults()).toMatchObject([{ error: { message: 'The graphics processor was taken away.' } }]);
    worker.aroundRun = (run) => run();
    worker.gpu = new FakeGpu();
    await worker.loaded();
    await worker.grounded();
  });

  test('by the worker itself is no fault', async () => {
    const gpu = await onGpu();
    await worker.loaded({ provider: 'wasm' });
    expect(gpu.destroyed).toBe(true);
    await worker.grounded();
    expect(faults()).toEqual([]);
  });
});

test('unloading gives back sessions and device, and a model can be loaded again', async () => {
  const gpu = new FakeGpu();
  worker.gpu = gpu;
  await worker.loaded();
  await worker.imageSet();
  const { id } = await worker.grounded();
  await expectKind('dense-done', worker.send({ kind: 'dense', of: id }).reply);
  expect(worker.sessions.size).toBe(4);
  await expectKind('unloaded', worker.send({ kind: 'unload' }).reply);
  expect(worker.sessions.size).toBe(0);
  expect(gpu.destroyed).toBe(true);
  expect(await worker.refused(worker.ground().reply)).toMatchObject({ code: 'no-model' });
  await expectKind('unloaded', worker.send({ kind: 'unload' }).reply);
  worker.gpu = new FakeGpu();
  await worker.loaded();
  await worker.grounded();
});
