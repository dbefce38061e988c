// The page without a network: what the service worker does, apart from being one. A version of the page is whole or it
// is not: its files lie in a cache of their own, each checked against its SHA-256, and a page is answered from the
// version that it was started from. Weights lie in the bundles' cache, under their hash.
//
// The first visit fetches nothing here, so as not to compete with the page: the page asks for what it wants kept
// (`save`, file by file) once it has started. A newer version fetches all that its predecessor had before it waits.

import { sha256Of } from '../../src/grounding/sha256.ts';
import { BUNDLE_CACHE, bundleKey } from '../bundle-cache.ts';
import { inRange } from './byte-range.ts';
import { addIsolation, isolated } from './isolation.ts';
import type { PrecacheEntry, PrecacheGroup, PrecacheList } from './precache-list.ts';
import type { OfflineReply, OfflineRequest, SaveProgress } from './protocol.ts';

/** On what is kept, so that a newer version takes over a file that did not change. */
const HASH_HEADER = 'x-content-sha256';
/** Where a version notes the groups that are to be kept; no file has this name. */
const WANTED = '__wanted__';

/** Hosts give these wrong types, or none, and a module or streaming compilation is refused for it. */
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  mjs: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
};

export class OfflineError extends Error {
  override readonly name = 'OfflineError';
  readonly code: 'unknown-file' | 'unreachable' | 'changed' | 'not-stored';
  constructor(code: OfflineError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface OfflineSurroundings {
  readonly list: PrecacheList;
  /** Absolute URL of the folder that is served, ending in a slash. */
  readonly scope: string;
  readonly caches: CacheStorage;
  readonly fetch: (request: Request | string, init?: RequestInit) => Promise<Response>;
  /** Tabs on this service worker's scope, in whatever version. */
  readonly countTabs: () => Promise<number>;
  readonly skipWaiting: () => Promise<void>;
}

export class OfflineService {
  readonly #around: OfflineSurroundings;
  readonly #byUrl: ReadonlyMap<string, PrecacheEntry>;
  readonly #prefix: string;
  #own: Promise<Cache> | null = null;

  constructor(around: OfflineSurroundings) {
    this.#around = around;
    this.#byUrl = new Map(around.list.entries.map((entry) => [this.#urlOf(entry.path), entry]));
    // Several deployments may share an origin and so its caches.
    this.#prefix = `hivg-page ${new URL(around.scope).pathname} `;
  }

  /** Fetches what the version before had, so that nothing is lost by the change. Rejects where a file can't be had. */
  async install(): Promise<void> {
    const wanted = new Set<PrecacheGroup>();
    for (const name of await this.#otherVersions()) {
      for (const group of await wantedIn(await this.#around.caches.open(name))) wanted.add(group);
    }
    if (wanted.size === 0) return;
    for (const entry of this.#entriesOf([...wanted])) await this.#save(entry, () => undefined);
    await this.#keep([...wanted]);
  }

  /** Clears out what the versions before had; no page runs on them any more. */
  async activate(): Promise<void> {
    const { caches, scope } = this.#around;
    for (const name of await this.#otherVersions()) await caches.delete(name);
    const hashes = new Map<string, string>();
    for (const { path, sha256, bundle } of this.#around.list.entries) {
      if (bundle) hashes.set(this.#urlOf(path), bundleKey(this.#urlOf(path), sha256));
    }
    const bundles = await caches.open(BUNDLE_CACHE);
    for (const { url } of await bundles.keys()) {
      const current = hashes.get(url.replace(/\?.*$/, ''));
      if (url.startsWith(scope) && current !== undefined && current !== url) await bundles.delete(url);
    }
  }

  /** The answer to a page's request, or null where the browser is to see to it alone. */
  respond(request: Request): Promise<Response> | null {
    const url = new URL(request.url);
    if (request.method !== 'GET' || !url.href.startsWith(this.#around.scope)) return null;
    const { mode, destination } = request;
    const path = url.pathname.slice(new URL(this.#around.scope).pathname.length);
    const entry = this.#byUrl.get(this.#urlOf(path === '' && mode === 'navigate' ? 'index.html' : path));
    if (entry && !entry.bundle) return this.#fromCache(request, entry);
    // Another model's manifest: the host's newest where it can be had, else the one seen last.
    if (/^models\/.*\/manifest\.json$/.test(path)) return this.#newest(request);
    if (mode === 'navigate' || /^(?:shared)?worker$|^script$/.test(destination)) {
      return this.#around.fetch(request).then(isolated);
    }
    return null;
  }

  /** Answers one question. Never rejects. */
  async answer(request: OfflineRequest, progress: (event: SaveProgress) => void): Promise<OfflineReply> {
    try {
      switch (request.kind) {
        case 'plan':
          return await this.#plan(request.groups);
        case 'save': {
          const entry = this.#byUrl.get(this.#urlOf(request.path));
          if (!entry) throw new OfflineError('unknown-file', `'${request.path}' is no file of this version.`);
          await this.#save(entry, (bytes) => progress({ kind: 'progress', bytes }));
          return { kind: 'saved' };
        }
        case 'keep':
          await this.#keep(request.groups);
          return { kind: 'kept' };
        case 'tabs':
          return { kind: 'tabs', count: await this.#around.countTabs() };
        case 'take-over':
          await this.#around.skipWaiting();
          return { kind: 'taking-over' };
      }
    } catch (error) {
      return { kind: 'failed', message: (error as Error).message };
    }
  }

  #urlOf(path: string): string {
    return new URL(path, this.#around.scope).href;
  }

  #entriesOf(groups: readonly PrecacheGroup[]): PrecacheEntry[] {
    return this.#around.list.entries.filter((entry) => entry.groups.some((group) => groups.includes(group)));
  }

  /** Opened once in the worker's life: every file of a start is read from it. */
  #ownCache(): Promise<Cache> {
    this.#own ??= this.#around.caches.open(this.#prefix + this.#around.list.version);
    return this.#own;
  }

  async #otherVersions(): Promise<string[]> {
    const own = this.#prefix + this.#around.list.version;
    return (await this.#around.caches.keys()).filter((name) => name.startsWith(this.#prefix) && name !== own);
  }

  async #plan(groups: readonly PrecacheGroup[]): Promise<OfflineReply> {
    const files = [];
    for (const entry of this.#entriesOf(groups)) {
      const { path, bytes } = entry;
      files.push({ path, bytes, groups: entry.groups, saved: await this.#isSaved(entry) });
    }
    return { kind: 'plan', version: this.#around.list.version, files };
  }

  async #keep(groups: readonly PrecacheGroup[]): Promise<void> {
    const cache = await this.#ownCache();
    const all = new Set([...(await wantedIn(cache)), ...groups]);
    await cache.put(this.#urlOf(WANTED), Response.json([...all]));
  }

  /** The cache that a file belongs in, and its key there. */
  async #placeOf({ path, sha256, bundle }: PrecacheEntry): Promise<{ cache: Cache; key: string }> {
    const url = this.#urlOf(path);
    if (!bundle) return { cache: await this.#ownCache(), key: url };
    return { cache: await this.#around.caches.open(BUNDLE_CACHE), key: bundleKey(url, sha256) };
  }

  async #isSaved(entry: PrecacheEntry): Promise<boolean> {
    const { cache, key } = await this.#placeOf(entry);
    return (await cache.match(key)) !== undefined;
  }

  async #save(entry: PrecacheEntry, onBytes: (bytes: number) => void): Promise<void> {
    if (await this.#isSaved(entry)) return;
    const { cache, key } = await this.#placeOf(entry);
    const response = (await this.#unchanged(entry)) ?? (await this.#download(entry, onBytes));
    try {
      await cache.put(key, response);
    } catch (cause) {
      throw new OfflineError('not-stored', `The browser has no room for '${entry.path}'.`, { cause });
    }
  }

  /** The file as a version before kept it, where it is the same. */
  async #unchanged({ path, sha256 }: PrecacheEntry): Promise<Response | undefined> {
    for (const name of await this.#otherVersions()) {
      const found = await (await this.#around.caches.open(name)).match(this.#urlOf(path));
      if (found?.headers.get(HASH_HEADER) === sha256) return found;
    }
    return undefined;
  }

  async #download(entry: PrecacheEntry, onBytes: (bytes: number) => void): Promise<Response> {
    // What the page itself has just fetched is in the browser's HTTP cache; a stale copy there is found by its hash.
    for (const cache of ['default', 'reload'] as const) {
      const { bytes, headers } = await this.#fetchBytes(entry.path, cache, onBytes);
      if (bytes.byteLength !== entry.bytes || (await sha256Of(bytes)) !== entry.sha256) continue;
      headers.set(
        'Content-Type',
        typeOf(entry.path) ?? headers.get('Content-Type') ?? 'application/octet-stream',
      );
      headers.set('Content-Length', String(bytes.byteLength));
      headers.set(HASH_HEADER, entry.sha256);
      // The bytes are kept decoded, and asked for by their address alone.
      for (const name of ['Content-Encoding', 'Vary']) headers.delete(name);
      return new Response(bytes, { headers: addIsolation(headers) });
    }
    throw new OfflineError(
      'changed',
      `'${entry.path}' on the host is not the file that this version of the page was built with.`,
    );
  }

  async #fetchBytes(
    path: string,
    cache: RequestCache,
    onBytes: (bytes: number) => void,
  ): Promise<{ bytes: Uint8Array<ArrayBuffer>; headers: Headers }> {
    try {
      const response = await this.#around.fetch(this.#urlOf(path), { cache });
      if (!response.ok)
        throw new OfflineError(
          'unreachable',
          `'${path}' could not be fetched: the host answered ${response.status}.`,
        );
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      let length = 0;
      for (const reader = response.body?.getReader(); reader; ) {
        const { done, value } = await reader.read();
        if (done) break;
        chunks.push(value);
        length += value.byteLength;
        onBytes(length);
      }
      const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
      return { bytes, headers: new Headers(response.headers) };
    } catch (cause) {
      if (cause instanceof OfflineError) throw cause;
      throw new OfflineError('unreachable', `'${path}' could not be fetched.`, { cause });
    }
  }

  async #fromCache(request: Request, { path }: PrecacheEntry): Promise<Response> {
    const kept = await (await this.#ownCache()).match(this.#urlOf(path));
    if (!kept) return isolated(await this.#around.fetch(request));
    const range = request.headers.get('Range');
    return range === null ? kept : inRange(kept, range);
  }

  async #newest(request: Request): Promise<Response> {
    const cache = await this.#ownCache();
    try {
      const response = await this.#around.fetch(request);
      if (response.ok) await cache.put(request.url, response.clone()).catch(() => undefined);
      return response;
    } catch (error) {
      const kept = await cache.match(request.url);
      if (kept) return kept;
      throw error;
    }
  }
}

async function wantedIn(cache: Cache): Promise<PrecacheGroup[]> {
  const [noted] = (await cache.keys()).filter(({ url }) => url.endsWith(`/${WANTED}`));
  const response = noted && (await cache.match(noted));
  return response ? ((await response.json()) as PrecacheGroup[]) : [];
}

const typeOf = (path: string): string | undefined => TYPES[path.replace(/^.*\./, '')];
