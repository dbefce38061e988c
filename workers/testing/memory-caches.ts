// CacheStorage in memory, as far as the service worker uses it. Bodies are kept as bytes, so that an entry can be read
// again and again.

interface Stored {
  readonly bytes: ArrayBuffer;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
}

export class MemoryCache {
  readonly stored = new Map<string, Stored>();
  /** Set to refuse what is put, as a full disk does. */
  full = false;

  async match(key: Request | string): Promise<Response | undefined> {
    const found = this.stored.get(urlOf(key));
    return (
      found &&
      new Response(found.bytes.slice(0), {
        status: found.status,
        headers: found.headers as [string, string][],
      })
    );
  }

  async put(key: Request | string, response: Response): Promise<void> {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    const { status, headers } = response;
    this.stored.set(urlOf(key), { bytes: await response.arrayBuffer(), status, headers: [...headers] });
  }

  async delete(key: Request | string): Promise<boolean> {
    return this.stored.delete(urlOf(key));
  }

  async keys(): Promise<Request[]> {
    return [...this.stored.keys()].map((url) => new Request(url));
  }
}

export class MemoryCaches {
  readonly all = new Map<string, MemoryCache>();

  async open(name: string): Promise<Cache> {
    const cache = this.all.get(name) ?? new MemoryCache();
    this.all.set(name, cache);
    return cache as unknown as Cache;
  }

  async keys(): Promise<string[]> {
    return [...this.all.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.all.delete(name);
  }

  /** Addresses kept in a cache, without the origin. */
  paths(name: string): string[] {
    return [...(this.all.get(name)?.stored.keys() ?? [])]
      .map((url) => url.replace(/^https?:\/\/[^/]+/, ''))
      .sort();
  }
}

const urlOf = (key: Request | string): string => (typeof key === 'string' ? key : key.url);
