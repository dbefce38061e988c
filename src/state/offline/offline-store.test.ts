import { expect, test, vi } from 'vitest';
import type { OfflineReply, OfflineRequest, PlannedFile } from '../../../workers/offline/protocol.ts';
import { MODEL, settle } from '../testing/fake-port.ts';
import type { Ask, OfflineHost } from './host.ts';
import { createOfflineStore, type OfflineStatus } from './offline-store.ts';

const FILES: readonly PlannedFile[] = [
  { path: 'index.html', bytes: 100, groups: ['shell'], saved: false },
  { path: 'ort.wasm', bytes: 1000, groups: ['runtime:wasm'], saved: false },
  { path: 'ort.jspi.wasm', bytes: 1000, groups: ['runtime:jspi'], saved: false },
  { path: 'tokenizer.json', bytes: 50, groups: ['model'], saved: false },
  { path: 'int8.bin', bytes: 800, groups: ['model:int8'], saved: false },
  { path: 'q4.bin', bytes: 400, groups: ['model:q4'], saved: false },
];
const OF_BOTH = {
  ...MODEL,
  otherPrecisions: [{ precision: 'q4', bytes: 400, runsOn: ['webgpu'] }],
} as const;

/** A service worker with some files, and a browser around it. */
function play({
  files = FILES,
  gpu = false,
  answer = (_: OfflineRequest): OfflineReply | null => null,
} = {}) {
  const saved = new Set<string>();
  let kept: readonly string[] = [];
  let update: ((ask: Ask) => void) | null = null;
  const ask: Ask = async (request, onBytes) => {
    const own = answer(request);
    if (own) return own;
    if (request.kind === 'save') {
      onBytes?.(files.find(({ path }) => path === request.path)?.bytes ?? 0);
      saved.add(request.path);
      return { kind: 'saved' };
    }
    if (request.kind === 'keep') kept = request.groups;
    if (request.kind === 'plan') {
      return {
        kind: 'plan',
        version: '1',
        files: files
          .filter(({ groups }) => groups.some((group) => request.groups.includes(group)))
          .map((file) => ({ ...file, saved: saved.has(file.path) })),
      };
    }
    if (request.kind === 'tabs') return { kind: 'tabs', count: 1 };
    return { kind: request.kind === 'keep' ? 'kept' : 'taking-over' };
  };
  const host = {
    unavailable: null,
    start: vi.fn(async () => ask),
    onUpdate: (found) => {
      update = found;
    },
    lookForUpdate: async () => undefined,
    onTakenOver: vi.fn(),
    reload: vi.fn(),
    onInstallable: () => undefined,
    hasGpu: async () => gpu,
    hasSuspending: true,
  } satisfies OfflineHost;
  const store = createOfflineStore(host);
  const seen: OfflineStatus[] = [];
  store.subscribe(({ status }) => seen.push(status));
  return { store, host, saved, seen, kept: () => kept, update: (by: Ask) => update?.(by) };
}

test('everything this browser needs is kept, the runtime of its own kind alone, and then it is ready', async () => {
  const { store, saved, kept } = play();
  await store.getState().save(OF_BOTH);
  expect([...saved]).toEqual(['index.html', 'ort.wasm', 'tokenizer.json', 'int8.bin', 'q4.bin']);
  expect(kept()).toEqual(['shell', 'runtime:wasm', 'model', 'model:int8', 'model:q4']);
  expect(store.getState().status).toEqual({ phase: 'ready', totalBytes: 2350 });
});

test('a browser with a graphics processor keeps its runtime too', async () => {
  const { store, saved } = play({ gpu: true });
  await store.getState().save(OF_BOTH);
  expect(saved.has('ort.jspi.wasm')).toBe(true);
});

test('of a large bundle only the precision in use is kept', async () => {
  const large = FILES.map((file) => (file.groups[0] === 'model:q4' ? { ...file, bytes: 90e6 } : file));
  const { store, saved } = play({ files: large });
  await store.getState().save(OF_BOTH);
  expect(saved.has('int8.bin')).toBe(true);
  expect(saved.has('q4.bin')).toBe(false);
});

test('bytes grow to the whole, and ready is not said before the last file was found kept', async () => {
  const { store, seen } = play();
  await store.getState().save(OF_BOTH);
  const bytes = seen.flatMap((status) => (status.phase === 'saving' ? [status.savedBytes] : []));
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  expect(seen.filter(({ phase }) => phase === 'ready')).toHaveLength(1);
  expect(seen.at(-1)?.phase).toBe('ready');
});

test('nothing is fetched again where all is kept', async () => {
  const { store, saved } = play();
  await store.getState().save(OF_BOTH);
  saved.delete('q4.bin');
  await store.getState().save(OF_BOTH);
  expect(saved.has('q4.bin')).toBe(true);
  expect(store.getState().status.phase).toBe('ready');
});

test('a file that cannot be had is said in words, and ready is not', async () => {
  const { store, seen } = play({
    answer: (request) =>
      request.kind === 'save' && request.path === 'int8.bin'
        ? { kind: 'failed', message: "'int8.bin' could not be fetched." }
        : null,
  });
  await store.getState().save(OF_BOTH);
  expect(store.getState().status).toEqual({ phase: 'failed', message: "'int8.bin' could not be fetched." });
  expect(seen.some(({ phase }) => phase === 'ready')).toBe(false);
});

test('a file that the browser let go of meanwhile is noticed', async () => {
  const { store, saved } = play({
    answer: (request) => {
      if (request.kind === 'keep') saved.delete('index.html');
      return null;
    },
  });
  await store.getState().save(OF_BOTH);
  expect(store.getState().status).toEqual({
    phase: 'failed',
    message: "The browser did not keep 'index.html'.",
  });
});

test('without service workers the reason is said and nothing is asked', async () => {
  const { host } = play();
  const store = createOfflineStore({ ...host, unavailable: 'It cannot.' });
  await store.getState().save(OF_BOTH);
  expect(store.getState().status).toEqual({ phase: 'unavailable', reason: 'It cannot.' });
  expect(host.start).not.toHaveBeenCalled();
});

test('a newer version is offered and taken only when asked for, with a reload once it has taken over', async () => {
  const { store, host, update } = play();
  await store.getState().save(OF_BOTH);
  const asked: string[] = [];
  update(async (request) => {
    asked.push(request.kind);
    return request.kind === 'tabs' ? { kind: 'tabs', count: 1 } : { kind: 'taking-over' };
  });
  await settle();
  expect(store.getState().update).toEqual({ otherTabs: 0 });
  expect(asked).toEqual(['tabs']);
  await store.getState().takeUpdate();
  expect(asked.at(-1)).toBe('take-over');
  expect(host.reload).not.toHaveBeenCalled();
  const [[taken]] = host.onTakenOver.mock.calls as [[() => void]];
  taken();
  expect(host.reload).toHaveBeenCalledOnce();
});

test('a newer version does not take over while other tabs run on today’s', async () => {
  const { store, update } = play();
  await store.getState().save(OF_BOTH);
  let tabs = 3;
  const asked: string[] = [];
  update(async (request) => {
    asked.push(request.kind);
    return request.kind === 'tabs' ? { kind: 'tabs', count: tabs } : { kind: 'taking-over' };
  });
  await settle();
  await store.getState().takeUpdate();
  expect(store.getState().update).toEqual({ otherTabs: 2 });
  expect(asked).not.toContain('take-over');
  tabs = 1;
  await store.getState().takeUpdate();
  expect(asked).toContain('take-over');
});
