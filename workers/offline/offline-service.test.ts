import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { BUNDLE_CACHE } from '../bundle-cache.ts';
import { MemoryCache, MemoryCaches } from '../testing/memory-caches.ts';
import { OfflineService } from './offline-service.ts';
import type { PrecacheEntry, PrecacheGroup, PrecacheList } from './precache-list.ts';

const SCOPE = 'https://host.example/app/';
const GROUPS: readonly PrecacheGroup[] = ['shell', 'runtime:wasm', 'model', 'model:int8'];

/** A host with files, and what a service worker of it is built from. */
class Host {
  readonly files = new Map<string, string>([
    ['index.html', '<!doctype html>one'],
    ['assets/ort.wasm', 'wasm bytes'],
    ['assets/ort.jspi.wasm', 'other wasm bytes'],
    ['models/mini/manifest.json', '{"name":"mini"}'],
    ['models/mini/int8/image.bin', 'weights'],
  ]);
  readonly asked: string[] = [];
  headers: Record<string, string> = {};
  /** Set: the network is cut. */
  down = false;
  readonly caches = new MemoryCaches();
  tabs = 1;
  skipped = 0;

  list(): PrecacheList {
    const entries = [...this.files].map(([path, text]): PrecacheEntry => {
      const group: PrecacheGroup = path.endsWith('.bin')
        ? 'model:int8'
        : path.includes('jspi')
          ? 'runtime:jspi'
          : path.includes('ort')
            ? 'runtime:wasm'
            : 'shell';
      const sha256 = createHash('sha256').update(text).digest('hex');
      return {
        path,
        bytes: Buffer.byteLength(text),
        sha256,
        groups: [group],
        ...(path.endsWith('.bin') ? { bundle: true } : {}),
      };
    });
    return {
      version: createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 8),
      entries,
    };
  }

  service(scope = SCOPE): OfflineService {
    return new OfflineService({
      list: this.list(),
      scope,
      caches: this.caches as unknown as CacheStorage,
      fetch: async (request) => {
        const url = typeof request === 'string' ? request : request.url;
        this.asked.push(url);
        if (this.down) throw new TypeError('Failed to fetch');
        const text = this.files.get(url.slice(scope.length));
        return text === undefined
          ? new Response('no', { status: 404 })
          : new Response(text, { headers: { 'Content-Type': 'text/plain', ...this.headers } });
      },
      countTabs: async () => this.tabs,
      skipWaiting: async () => void this.skipped++,
    });
  }
}

/** A request of the kind a page makes; Node's cannot be given a mode or a destination. */
function pageRequest(
  path: string,
  about: Partial<Record<'mode' | 'destination', string>> = {},
  headers = {},
): Request {
  const request = new Request(SCOPE + path, { headers });
  for (const [name, value] of Object.entries(about)) Object.defineProperty(request, name, { value });
  return request;
}

async function saveAll(service: OfflineService, groups = GROUPS): Promise<void> {
  const plan = await service.answer({ kind: 'plan', groups }, () => undefined);
  if (plan.kind !== 'plan') throw new Error(JSON.stringify(plan));
  for (const { path } of plan.files) {
    expect(await service.answer({ kind: 'save', path }, () => undefined)).toEqual({ kind: 'saved' });
  }
  expect(await service.answer({ kind: 'keep', groups }, () => undefined)).toEqual({ kind: 'kept' });
}

const versionCache = (host: Host, list = host.list()): string => `hivg-page /app/ ${list.version}`;

let host: Host;
beforeEach(() => {
  host = new Host();
});

describe('keeping the files of a version', () => {
  test('the first visit fetches nothing by itself', async () => {
    await host.service().install();
    expect(host.asked).toEqual([]);
  });

  test('what was asked for is kept, weights in the bundles’ cache by their hash, and nothing else', async () => {
    const service = host.service();
    await saveAll(service);
    const hash = createHash('sha256').update('weights').digest('hex');
    expect(host.caches.paths(versionCache(host))).toEqual([
      '/app/__wanted__',
      '/app/assets/ort.wasm',
      '/app/index.html',
      '/app/models/mini/manifest.json',
    ]);
    expect(host.caches.paths(BUNDLE_CACHE)).toEqual([`/app/models/mini/int8/image.bin?sha256=${hash}`]);
  });

  test('the plan says what is kept already', async () => {
    const service = host.service();
    await service.answer({ kind: 'save', path: 'index.html' }, () => undefined);
    const plan = await service.answer({ kind: 'plan', groups: ['shell'] }, () => undefined);
    expect(plan.kind === 'plan' && plan.files.map(({ path, saved }) => [path, saved])).toEqual([
      ['index.html', true],
      ['models/mini/manifest.json', false],
    ]);
  });

  test('a file whose hash differs is asked for past the HTTP cache, and then refused by name', async () => {
    const service = host.service();
    host.files.set('assets/ort.wasm', 'wasm BYTES');
    const reply = await service.answer({ kind: 'save', path: 'assets/ort.wasm' }, () => undefined);
    expect(reply).toEqual({
      kind: 'failed',
      message: "'assets/ort.wasm' on the host is not the file that this version of the page was built with.",
    });
    expect(host.asked).toHaveLength(2);
    expect(host.caches.paths(versionCache(host))).toEqual([]);
  });

  test('a file that is missing, a network that is cut and a full disk are named', async () => {
    const service = host.service();
    const save = async (path: string) => service.answer({ kind: 'save', path }, () => undefined);
    host.files.delete('index.html');
    expect(await save('index.html')).toMatchObject({
      message: "'index.html' could not be fetched: the host answered 404.",
    });
    host.down = true;
    expect(await save('assets/ort.wasm')).toMatchObject({
      message: "'assets/ort.wasm' could not be fetched.",
    });
    host.down = false;
    const full = new MemoryCache();
    full.full = true;
    host.caches.all.set(BUNDLE_CACHE, full);
    expect(await save('models/mini/int8/image.bin')).toMatchObject({
      message: "The browser has no room for 'models/mini/int8/image.bin'.",
    });
    expect(await save('nowhere.js')).toMatchObject({ message: "'nowhere.js' is no file of this version." });
  });

  test('bytes are told as they come, decoded', async () => {
    const told: number[] = [];
    await host.service().answer({ kind: 'save', path: 'assets/ort.wasm' }, ({ bytes }) => told.push(bytes));
    expect(told.at(-1)).toBe('wasm bytes'.length);
  });
});

describe('answering a page without a network', () => {
  test('the page itself comes from the cache whatever its parameters, isolated and with the right type', async () => {
    const service = host.service();
    await saveAll(service);
    host.down = true;
    for (const path of ['', '?sample=farm.webp', 'index.html#x']) {
      const response = await service.respond(pageRequest(path, { mode: 'navigate' }));
      expect(await response?.text()).toBe('<!doctype html>one');
      expect(response?.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp');
      expect(response?.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
      expect(response?.headers.get('Content-Type')).toMatch(/^text\/html/);
    }
    const wasm = await service.respond(pageRequest('assets/ort.wasm'));
    expect(wasm?.headers.get('Content-Type')).toBe('application/wasm');
  });

  test('a request for a range gets that range', async () => {
    const service = host.service();
    await saveAll(service);
    const part = async (range: string) => {
      const response = await service.respond(pageRequest('assets/ort.wasm', {}, { Range: range }));
      return [response?.status, response?.headers.get('Content-Range'), await response?.text()];
    };
    expect(await part('bytes=0-3')).toEqual([206, 'bytes 0-3/10', 'wasm']);
    expect(await part('bytes=5-')).toEqual([206, 'bytes 5-9/10', 'bytes']);
    expect(await part('bytes=-2')).toEqual([206, 'bytes 8-9/10', 'es']);
    expect(await part('bytes=5-999')).toEqual([206, 'bytes 5-9/10', 'bytes']);
    expect(await part('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect(await part('lines=1-2')).toEqual([200, null, 'wasm bytes']);
  });

  test('what is not the page’s is left to the browser', () => {
    const service = host.service();
    expect(service.respond(new Request('https://elsewhere.example/app/index.html'))).toBeNull();
    expect(service.respond(new Request(`${SCOPE}index.html`, { method: 'POST', body: 'x' }))).toBeNull();
    expect(service.respond(pageRequest('models/mini/int8/image.bin'))).toBeNull();
    expect(service.respond(pageRequest('models/other/int8/image.bin'))).toBeNull();
  });

  test('another model’s manifest is the host’s newest, or without a network the one seen last', async () => {
    const service = host.service();
    const read = async () => (await service.respond(pageRequest('models/own/manifest.json')))?.text();
    host.files.set('models/own/manifest.json', 'one');
    // The list was written without it.
    expect(await read()).toBe('one');
    host.files.set('models/own/manifest.json', 'two');
    expect(await read()).toBe('two');
    host.down = true;
    expect(await read()).toBe('two');
  });
});

describe('hosts without headers', () => {
  test('a worker’s script and a page get them; what has them passes through as it is', async () => {
    const service = host.service();
    const script = await service.respond(pageRequest('assets/ort.wasm', { destination: 'worker' }));
    expect(script?.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp');
    host.headers = {
      'Cross-Origin-Embedder-Policy': 'credentialless',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    };
    const page = await service.respond(pageRequest('index.html', { mode: 'navigate' }));
    expect(page?.headers.get('Cross-Origin-Embedder-Policy')).toBe('credentialless');
  });
});

describe('a newer version', () => {
  async function replaced(): Promise<{ before: string; newer: OfflineService }> {
    await saveAll(host.service());
    const before = versionCache(host);
    host.files.set('index.html', '<!doctype html>two');
    host.files.set('models/mini/int8/image.bin', 'WEIGHTS');
    host.asked.length = 0;
    return { before, newer: host.service() };
  }

  test('fetches all that the one before had, and of it only what changed', async () => {
    const { newer } = await replaced();
    await newer.install();
    expect(host.asked.map((url) => url.slice(SCOPE.length)).sort()).toEqual([
      'index.html',
      'models/mini/int8/image.bin',
    ]);
    host.down = true;
    const page = await newer.respond(pageRequest('', { mode: 'navigate' }));
    expect(await page?.text()).toBe('<!doctype html>two');
    expect(await (await newer.respond(pageRequest('assets/ort.wasm')))?.text()).toBe('wasm bytes');
    // A runtime that this browser does not use was not fetched.
    expect(host.caches.paths(versionCache(host))).not.toContain('/app/assets/ort.jspi.wasm');
  });

  test('leaves the version before whole until it takes over, weights included', async () => {
    const { before, newer } = await replaced();
    await newer.install();
    expect(host.caches.paths(before)).toContain('/app/index.html');
    expect(host.caches.paths(BUNDLE_CACHE)).toHaveLength(2);
    await newer.activate();
    expect(await host.caches.keys()).not.toContain(before);
    const hash = createHash('sha256').update('WEIGHTS').digest('hex');
    expect(host.caches.paths(BUNDLE_CACHE)).toEqual([`/app/models/mini/int8/image.bin?sha256=${hash}`]);
  });

  test('is not installed where one of its files cannot be had', async () => {
    const { before, newer } = await replaced();
    host.files.delete('index.html');
    await expect(newer.install()).rejects.toMatchObject({ code: 'unreachable' });
    expect(host.caches.paths(before)).toContain('/app/index.html');
  });

  test('does not touch what another deployment on the same origin keeps, nor a model of its own', async () => {
    await saveAll(host.service());
    await saveAll(host.service('https://host.example/other/'));
    const bundles = (await host.caches.open(BUNDLE_CACHE)) as unknown as MemoryCache;
    await bundles.put(`${SCOPE}models/own/int8/image.bin?sha256=1`, new Response('own'));
    host.files.set('models/mini/int8/image.bin', 'WEIGHTS');
    const newer = host.service();
    await newer.install();
    await newer.activate();
    expect((await host.caches.keys()).filter((name) => name.includes(' /other/ '))).toHaveLength(1);
    const kept = host.caches.paths(BUNDLE_CACHE);
    expect(kept).toContain('/app/models/own/int8/image.bin?sha256=1');
    expect(kept.filter((path) => path.startsWith('/other/models/mini/'))).toHaveLength(1);
  });

  test('takes over only when it is told to, and counts the tabs', async () => {
    const { newer } = await replaced();
    host.tabs = 3;
    expect(await newer.answer({ kind: 'tabs' }, () => undefined)).toEqual({ kind: 'tabs', count: 3 });
    expect(host.skipped).toBe(0);
    await newer.answer({ kind: 'take-over' }, () => undefined);
    expect(host.skipped).toBe(1);
  });
});
