// A folder of the checkout as a network and a browser's cache, for tests in Node: responses arrive in pieces, can be held
// back, broken off and replaced, and end when the request is aborted, as those of `fetch` do.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DownloadSurroundings } from '../bundle-download.ts';

const PIECES = 3;
const JSON_TYPE = { headers: { 'content-type': 'application/json' } };

export class FolderNetwork implements DownloadSurroundings {
  readonly origin = 'https://here.example';
  readonly bundleUrl = `${this.origin}/models/bundle/`;
  readonly #folder: string;
  /** Paths that were asked for, in order. */
  readonly requests: string[] = [];
  readonly #answers = new Map<string, () => Response>();
  readonly #endings = new Map<string, (controller: ReadableStreamDefaultController) => void>();
  /** What the browser keeps, by address; null where it keeps nothing. */
  cache: Map<string, Response> | null = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Answers `path` with something else from now on. */
  replace(path: string, answer: () => Response): void {
    this.#answers.set(path, answer);
  }

  /** Answers `path` with what `change` makes of the JSON that is there. */
  async edit<Shape>(path: string, change: (json: Shape) => unknown): Promise<void> {
    const json = JSON.parse(await readFile(join(this.#folder, path), 'utf8')) as Shape;
    this.replace(path, () => new Response(JSON.stringify(change(json)), JSON_TYPE));
  }

  /** Sends the first piece of `path` and no more. Resolves once that is under way. */
  stall(path: string): Promise<void> {
    return new Promise((resolve) => this.#endings.set(path, () => resolve()));
  }

  /** Loses the connection after the first piece of `path`. */
  breakOff(path: string): void {
    this.#endings.set(path, (controller) => controller.error(new TypeError('network error')));
  }

  /** Takes back all that was replaced, stalled or broken. */
  mend(): void {
    this.#answers.clear();
    this.#endings.clear();
  }

  readonly fetch: DownloadSurroundings['fetch'] = async (url, { signal }) => {
    signal?.throwIfAborted();
    const path = url.href.slice(this.bundleUrl.length);
    this.requests.push(path);
    const answer = this.#answers.get(path);
    if (answer) return answer();
    const bytes = await readFile(join(this.#folder, path)).catch(() => null);
    if (!bytes) return new Response('Not Found', { status: 404 });
    return new Response(this.#stream(path, bytes, signal ?? null));
  };

  #stream(path: string, bytes: Uint8Array, signal: AbortSignal | null): ReadableStream<Uint8Array> {
    const size = Math.ceil(bytes.byteLength / PIECES);
    let at = 0;
    let onAbort = () => {};
    return new ReadableStream(
      {
        start: (controller) => {
          onAbort = () => controller.error(signal?.reason);
          signal?.addEventListener('abort', onAbort, { once: true });
        },
        pull: (controller) => {
          const ending = at > 0 && this.#endings.get(path);
          if (ending) {
            ending(controller);
          } else if (at < bytes.byteLength) {
            controller.enqueue(Uint8Array.from(bytes.subarray(at, at + size)));
          } else {
            controller.close();
            signal?.removeEventListener('abort', onAbort);
          }
          at += size;
        },
      },
      { highWaterMark: 0 },
    );
  }

  readonly openCache: DownloadSurroundings['openCache'] = async () => {
    const { cache } = this;
    if (!cache) return null;
    return {
      match: async (key) => cache.get(String(key))?.clone(),
      keys: async (key) =>
        [...cache.keys()]
          .filter((known) => known.split('?')[0] === String(key))
          .map((url) => new Request(url)),
      delete: async (key) => cache.delete((key as Request).url),
      put: async (key, response) => void cache.set(String(key), response),
    };
  };
}
