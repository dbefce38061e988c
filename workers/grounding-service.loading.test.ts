// Loading, replacing and giving back a model: the worker's own code over a folder's files and onnxruntime-node.

import { beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../src/grounding/bundle.ts';
import { sha256Of } from '../src/grounding/sha256.ts';
import { expectKind, FakeGpu, ServiceInNode } from './testing/service-in-node.ts';

let worker: ServiceInNode;
beforeEach(() => {
  worker = new ServiceInNode();
});

const html = () =>
  new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });

describe('a model that is loaded', () => {
  test('tells of the manifest, each byte of the download and the first run, in this order', async () => {
    const { id, reply } = worker.load({ provider: 'wasm', threads: 2 });
    const { model } = await expectKind('model-loaded', reply);
    const progress = worker.progressOf(id);
    const phases = progress.map(({ phase }) => phase);
    expect(phases.filter((phase, i) => phase !== phases[i - 1])).toEqual(['manifest', 'download', 'warm-up']);
    expect(progress[0]).toMatchObject({ loadedBytes: 0, totalBytes: 0 });
    const downloads = progress.filter(({ phase }) => phase === 'download');
    const loaded = downloads.map(({ loadedBytes }) => loadedBytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    const files = new Set(downloads.map(({ file }) => file));
    expect([...files].sort()).toEqual(worker.network.requests.slice(1).sort());
    // Several pieces a file.
    expect(downloads.length).toBeGreaterThan(files.size);
    expect(downloads.at(-1)).toMatchObject({
      loadedBytes: model.downloadedBytes,
      totalBytes: model.downloadedBytes,
    });
  });

  test('is described as its manifest and the choices have it', async () => {
    const model = await worker.loaded({ provider: 'wasm', threads: 2 });
    expect(model).toMatchObject({
      provider: 'wasm',
      providerReason: 'it was asked for',
      precision: 'int8',
      threads: 2,
      fromCache: false,
      otherPrecisions: [{ precision: 'q4', runsOn: ['webgpu'] }],
    });
    expect(model.precisions.map(({ precision }) => precision)).toEqual(['int8']);
    expect(model.adapter).toBeUndefined();
  });

  test('opens a session for each graph that a box needs, and runs them once', async () => {
    await worker.loaded();
    expect(worker.sessions.size).toBe(3);
    expect(worker.runs).toEqual(['patches', 'text', 'image']);
  });

  test('comes from the cache the next time, except for its manifest', async () => {
    const { downloadedBytes } = await worker.loaded();
    expect(downloadedBytes).toBeGreaterThan(1e6);
    worker.network.requests.length = 0;
    const { id, reply } = worker.load();
    expect((await expectKind('model-loaded', reply)).model).toMatchObject({
      fromCache: true,
      downloadedBytes: 0,
    });
    expect(worker.network.requests).toEqual(['manifest.json']);
    expect(worker.progressOf(id).at(-1)).toMatchObject({
      loadedBytes: downloadedBytes,
      totalBytes: downloadedBytes,
    });
  });

  test('is downloaded each time where the browser keeps nothing', async () => {
    worker.network.cache = null;
    const first = await worker.loaded();
    expect(await worker.loaded()).toEqual(first);
  });

  test('takes the place of the one before, whose sessions are released first', async () => {
    await worker.loaded();
    const old = [...worker.sessions];
    worker.beforeSession = () => expect(old.filter((session) => worker.sessions.has(session))).toEqual([]);
    await worker.loaded();
    expect(worker.sessions.size).toBe(3);
  });
});

describe('the provider', () => {
  test('is WebGPU where the browser has it', async () => {
    worker.gpu = new FakeGpu();
    expect(await worker.loaded()).toMatchObject({
      provider: 'webgpu',
      providerReason: 'this browser has WebGPU',
      precision: 'q4',
      adapter: 'fake architecture',
      threads: 1,
    });
  });

  test('is WebAssembly where WebGPU would be computed in software, and the device is given back', async () => {
    const gpu = new FakeGpu({ software: true });
    worker.gpu = gpu;
    expect(await worker.loaded()).toMatchObject({
      provider: 'wasm',
      providerReason: 'WebGPU is computed in software here, which is slower',
    });
    expect(gpu.destroyed).toBe(true);
  });

  test('is WebAssembly, with the browser’s reason, where there is no WebGPU', async () => {
    expect(await worker.loaded()).toMatchObject({
      provider: 'wasm',
      providerReason: 'this browser has no WebGPU',
    });
  });

  test('is WebAssembly for a precision that runs nowhere else', async () => {
    const gpu = new FakeGpu();
    worker.gpu = gpu;
    expect(await worker.loaded({ precision: 'int8' })).toMatchObject({
      provider: 'wasm',
      providerReason: 'int8 does not run on WebGPU here',
    });
    expect(gpu.destroyed).toBe(true);
  });

  test('is never another than the one that was asked for', async () => {
    expect(await worker.refused(worker.load({ provider: 'webgpu' }).reply)).toMatchObject({
      code: 'provider-unavailable',
      message: 'WebGPU cannot be used: this browser has no WebGPU.',
    });
  });

  test('is WebAssembly after all where a session cannot be made on the GPU, which is said', async () => {
    const gpu = new FakeGpu();
    worker.gpu = gpu;
    worker.beforeSession = (graph, { provider }) => {
      if (provider === 'webgpu' && graph === 'image') throw new Error('no kernel');
    };
    expect(await worker.loaded()).toMatchObject({
      provider: 'wasm',
      providerReason: 'WebGPU did not work here (The network could not be set up: no kernel)',
    });
    expect(gpu.destroyed).toBe(true);
    expect(worker.sessions.size).toBe(3);
  });

  test('a GPU that computes wrongly is found out and refused where it was asked for', async () => {
    const gpu = new FakeGpu();
    worker.gpu = gpu;
    worker.aroundRun = async (run, graph, { provider }) => {
      const outputs = await run();
      const box = outputs.box?.data as Float32Array | undefined;
      if (provider === 'webgpu' && graph === 'image') box?.fill(0.9);
      return outputs;
    };
    const error = await worker.refused(worker.load({ provider: 'webgpu' }).reply);
    expect(error).toMatchObject({ code: 'run-failed' });
    expect(error.message).toMatch(/a known picture gave a box that is off by \d+ % of its side/);
    expect(gpu.destroyed).toBe(true);
    expect(worker.sessions.size).toBe(0);
    expect(await worker.loaded()).toMatchObject({ provider: 'wasm' });
  });
});

describe('a model that cannot be loaded', () => {
  test.each([
    ['a server that has none', 'manifest.json', html, 'fetch-failed', /manifest\.json/],
    ['a file that is not there', 'int8/text.bin', html, 'fetch-failed', /int8\/text\.bin/],
    ['a manifest that is none', 'manifest.json', () => new Response('{}'), 'bad-manifest', /formatVersion/],
    ['a manifest that is cut', 'manifest.json', () => new Response('{"name":'), 'bad-manifest', /not JSON/],
    ['a file that is too short', 'int8/image.onnx', () => new Response('no'), 'wrong-hash', /image\.onnx/],
    ['a file that is too long', 'words.json', () => new Response(' '.repeat(1e6)), 'wrong-hash', /longer/],
  ] as const)('%s is named, and leaves nothing open', async (_, path, answer, code, message) => {
    worker.network.replace(path, answer);
    const error = await worker.refused(worker.load().reply);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(worker.sessions.size).toBe(0);
    // And is no reason why the next should fail.
    worker.network.mend();
    await worker.loaded();
  });

  test('a connection that is lost is said to be', async () => {
    worker.network.replace('manifest.json', () => {
      throw new TypeError('Failed to fetch');
    });
    expect(await worker.refused(worker.load().reply)).toMatchObject({
      code: 'fetch-failed',
      hint: 'Check the connection and try again.',
    });
  });

  test('a connection that is lost in the middle of a file is no fault of the GPU', async () => {
    worker.gpu = new FakeGpu();
    worker.network.breakOff('q4/image.bin');
    expect(await worker.refused(worker.load().reply)).toEqual({
      code: 'fetch-failed',
      message: "The connection was lost while 'q4/image.bin' of the model was downloaded.",
      hint: 'Check the connection and try again.',
    });
    expect(worker.network.requests.filter((path) => path.startsWith('int8/'))).toEqual([]);
    worker.network.mend();
    expect(await worker.loaded()).toMatchObject({ provider: 'webgpu' });
  });

  test('another origin is asked for nothing', async () => {
    const bundleUrl = 'https://elsewhere.example/models/bundle/';
    expect(await worker.refused(worker.load({ bundleUrl }).reply)).toMatchObject({ code: 'bad-request' });
    expect(worker.network.requests).toEqual([]);
  });

  test('a precision that the bundle lacks is refused with those that it has', async () => {
    const error = await worker.refused(worker.load({ precision: 'fp32' }).reply);
    expect(error.code).toBe('precision-unavailable');
    expect(error.message).toMatch(/no 'fp32'.* it has q4, int8/);
  });

  test('a browser without memory for it says so', async () => {
    await worker.loaded();
    for (const kept of worker.network.cache?.values() ?? []) {
      kept.clone = () =>
        ({
          arrayBuffer: () => Promise.reject(new RangeError('Array buffer allocation failed')),
        }) as unknown as Response;
    }
    expect(await worker.refused(worker.load().reply)).toMatchObject({ code: 'out-of-memory' });
  });

  test('takes the place of the one before all the same', async () => {
    await worker.loaded();
    await worker.imageSet();
    worker.network.replace('manifest.json', html);
    await worker.refused(worker.load().reply);
    expect(await worker.refused(worker.ground().reply)).toMatchObject({ code: 'no-model' });
    worker.network.mend();
    await worker.loaded();
    await worker.grounded();
  });
});

test('a changed file of a bundle is downloaded again, and the old one forgotten', async () => {
  await worker.loaded();
  const kept = worker.network.cache?.size;
  const words = new TextEncoder().encode('["red", "car"]');
  const changed = { path: 'words.json', bytes: words.byteLength, sha256: await sha256Of(words) };
  await worker.network.edit<Manifest>('manifest.json', (manifest) => ({
    ...manifest,
    files: manifest.files.map((file) => (file.path === changed.path ? changed : file)),
  }));
  worker.network.replace(changed.path, () => new Response(words));
  expect(await worker.loaded()).toMatchObject({ downloadedBytes: words.byteLength, fromCache: false });
  expect(worker.network.cache?.size).toBe(kept);
});
