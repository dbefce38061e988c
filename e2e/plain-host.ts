// A static host as people have one: with or without headers for isolation, in a subfolder, compressing or not. A test
// can stop it, which is how the network is cut, and change what it serves.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

export interface HostOptions {
  /** COOP and COEP, as this project's own server sends them. */
  readonly isolates?: boolean;
  /** Serves with `Content-Encoding: gzip`, without the length beforehand. */
  readonly compresses?: boolean;
  /** The folder under which the page lies, as on a shared host: "/some/folder/". */
  readonly under?: string;
}

export class PlainHost {
  readonly requests: string[] = [];
  #server: Server | null = null;
  #port = 0;
  readonly #under: string;

  readonly #folder: string;
  readonly #options: HostOptions;

  constructor(folder: string, options: HostOptions = {}) {
    this.#folder = folder;
    this.#options = options;
    this.#under = options.under ?? '/';
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}${this.#under}`;
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://host.example');
      this.requests.push(pathname);
      const inside = pathname.startsWith(this.#under)
        ? decodeURIComponent(pathname.slice(this.#under.length))
        : '..';
      const file = join(
        this.#folder,
        normalize(inside === '' || inside.endsWith('/') ? `${inside}index.html` : inside),
      );
      if (!file.startsWith(this.#folder + sep) || !existsSync(file) || !statSync(file).isFile()) {
        response.writeHead(404, { 'Content-Type': 'text/html' }).end('<!doctype html>nothing here');
        return;
      }
      const tag = `"${statSync(file).mtimeMs}"`;
      const headers = {
        'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
        ETag: tag,
        'Cache-Control': 'no-cache',
        ...(this.#options.isolates
          ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
          : {}),
      };
      if (request.headers['if-none-match'] === tag) {
        response.writeHead(304, headers).end();
        return;
      }
      const bytes = readFileSync(file);
      if (this.#options.compresses) {
        response
          .writeHead(200, { ...headers, 'Content-Encoding': 'gzip' })
          .end(gzipSync(bytes, { level: 1 }));
      } else {
        response.writeHead(200, { ...headers, 'Content-Length': bytes.byteLength }).end(bytes);
      }
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** Cuts the network. `start` comes back at the same address. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}
