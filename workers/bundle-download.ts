// A bundle's files over HTTP from this origin, with bytes as they come, kept in the browser's cache by their hash:
// the second start reads nothing from the network, and a changed bundle is never mixed with an old one.

import type { BundleReader, Manifest } from '../src/grounding/bundle.ts';
import { BundleError, checkFile, MANIFEST_FILE, parseManifest } from '../src/grounding/bundle.ts';
import { bundleKey } from './bundle-cache.ts';
import { CancelledError, WorkerError } from './errors.ts';

/** Called as bytes arrive, whether from the network or the cache. */
export type OnBytes = (bytes: number, file: string) => void;

/** Where a bundle's files come from and stay. */
export interface DownloadSurroundings {
  /** The page's own, from which alone models come. */
  readonly origin: string;
  fetch(url: URL, init: RequestInit): Promise<Response>;
  /** The browser's cache for models, or null where it is switched off (private windows, plain HTTP). */
  openCache(): Promise<Pick<Cache, 'match' | 'keys' | 'delete' | 'put'> | null>;
}

type OpenCache = Awaited<ReturnType<DownloadSurroundings['openCache']>>;

export class BundleDownload implements BundleReader {
  readonly #base: string;
  readonly #signal: AbortSignal;
  readonly #onBytes: OnBytes;
  readonly #around: DownloadSurroundings;
  #manifest: Manifest | null = null;
  /** Bytes that came over the network. */
  downloadedBytes = 0;

  /** @param base the bundle's folder, an absolute URL on this origin that ends in a slash */
  constructor(base: string, signal: AbortSignal, onBytes: OnBytes, around: DownloadSurroundings) {
    if (new URL(base).origin !== around.origin) {
      throw new WorkerError('bad-request', `${base} is on another origin; models come from this one only.`);
    }
    this.#base = base;
    this.#signal = signal;
    this.#onBytes = onBytes;
    this.#around = around;
  }

  /** Fetches and checks the manifest, always from the network's side: it is what says whether a cached file is current. */
  async manifest(): Promise<Manifest> {
    const response = await this.#fetch(MANIFEST_FILE, { cache: 'no-cache' });
    let json: unknown;
    try {
      json = await response.json();
    } catch {
      throw new BundleError('bad-manifest', `${this.#base}${MANIFEST_FILE} is not JSON.`);
    }
    this.#manifest = parseManifest(json);
    return this.#manifest;
  }

  async read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#manifest?.files.find((file) => file.path === path);
    if (!entry || !this.#manifest) throw new BundleError('missing-file', `The bundle has no file '${path}'.`);
    const cache = await this.#around.openCache();
    const key = bundleKey(`${this.#base}${path}`, entry.sha256);
    const cached = await cache?.match(key);
    if (cached) {
      const bytes = new Uint8Array(await cached.arrayBuffer());
      this.#onBytes(bytes.byteLength, path);
      return bytes;
    }
    const bytes = await this.#download(path, entry.bytes);
    await checkFile(this.#manifest, path, bytes);
    await this.#keep(cache, path, key, bytes);
    return bytes;
  }

  async #download(path: string, expected: number): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#fetch(path);
    const bytes = new Uint8Array(expected);
    let filled = 0;
    const reader = response.body?.getReader();
    for (;;) {
      this.#throwIfCancelled();
      const chunk = await reader?.read().catch(() => {
        this.#throwIfCancelled();
        throw new WorkerError(
          'fetch-failed',
          `The connection was lost while '${path}' of the model was downloaded.`,
          'Check the connection and try again.',
        );
      });
      if (!chunk || chunk.done) break;
      if (filled + chunk.value.byteLength > expected) {
        throw new BundleError(
          'wrong-hash',
          `'${path}' is longer than the ${expected} bytes its manifest promises.`,
        );
      }
      bytes.set(chunk.value, filled);
      filled += chunk.value.byteLength;
      this.downloadedBytes += chunk.value.byteLength;
      this.#onBytes(chunk.value.byteLength, path);
    }
    return bytes.subarray(0, filled);
  }

  /** Stores a file that has been checked, in place of older versions. A full disk costs the cache, not the start. */
  async #keep(cache: OpenCache, path: string, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      for (const old of (await cache?.keys(`${this.#base}${path}`, { ignoreSearch: true })) ?? []) {
        await cache?.delete(old);
      }
      await cache?.put(key, new Response(bytes));
    } catch (error) {
      console.warn(`'${path}' could not be kept for the next start.`, error);
    }
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await this.#around.fetch(new URL(path, this.#base), { ...init, signal: this.#signal });
    } catch {
      this.#throwIfCancelled();
      throw new WorkerError(
        'fetch-failed',
        `'${path}' of the model could not be fetched.`,
        'Check the connection and try again.',
      );
    }
    // A page in place of a file is a server's way of saying that there is none.
    if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
      throw new WorkerError(
        'fetch-failed',
        `There is no '${path}' at ${this.#base}.`,
        'Is the model where its list says?',
      );
    }
    return response;
  }

  #throwIfCancelled(): void {
    if (this.#signal.aborted) throw new CancelledError();
  }
}
