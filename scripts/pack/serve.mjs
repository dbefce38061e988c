/**
 * Serves this folder to this machine alone: `node serve.mjs [PORT]`. One file, no packages; the headers give the page its
 * threads.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url)).replace(/[/\\]$/, '');
const FIRST_PORT = Number(process.argv[2] ?? 8080);
/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
};

const server = createServer((request, response) => {
  let path;
  try {
    path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  } catch {
    response.writeHead(400).end();
    return;
  }
  const file = join(FOLDER, normalize(path.endsWith('/') ? `${path}index.html` : path));
  const stats = file.startsWith(FOLDER + sep) ? statSync(file, { throwIfNoEntry: false }) : undefined;
  if (!stats?.isFile()) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found');
    return;
  }
  const tag = `"${stats.size.toString(16)}-${Math.floor(stats.mtimeMs).toString(16)}"`;
  const headers = {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Cache-Control': 'no-cache',
    ETag: tag,
    'Accept-Ranges': 'bytes',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = from === undefined ? 0 : Number(from);
  const end = to ? Math.min(Number(to), stats.size - 1) : stats.size - 1;
  if (from !== undefined && (start >= stats.size || end < start)) {
    response.writeHead(416, { 'Content-Range': `bytes */${stats.size}` }).end();
    return;
  }
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    'Content-Length': stats.size === 0 ? 0 : end - start + 1,
    ...(from === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${stats.size}` }),
  });
  if (request.method === 'HEAD' || stats.size === 0) response.end();
  else createReadStream(file, { start, end }).pipe(response);
});

let port = FIRST_PORT;
server.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== 'EADDRINUSE' || port >= FIRST_PORT + 50) throw error;
  server.listen(++port, '127.0.0.1');
});
server.on('listening', () => console.log(`HiVG is at http://localhost:${port}/ (Ctrl-C ends it)`));
server.listen(port, '127.0.0.1');
