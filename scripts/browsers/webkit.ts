/**
 * WebKitGTK's MiniBrowser in an X server of its own, by WebKit's inspector. Not by WebKitWebDriver: a browser
 * started by that forgets its profile, and what survives a restart is what these tests are about.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { programOnPath } from '../programs.mjs';
import { connect } from './calls.ts';
import { type Engine, type Tab, WINDOW } from './engine.ts';
import { findProgram, firstMatch } from './programs.ts';
import { WebKitPage } from './webkit-page.ts';

/** How long the browser may take for a window, or to end once its last one is closed. */
const LIMIT_MS = 20_000;
const ARCHITECTURE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** An X server on a free display that is one window large. */
async function startDisplay(): Promise<{ server: ChildProcess; display: string }> {
  const size = `${WINDOW.width}x${WINDOW.height}x24`;
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  return { server, display: `:${await firstMatch(server.stdio[3] as Readable, /(\d+)\n/, 'Xvfb')}` };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Where the inspector finds each page: paths of WebSockets, from the list that the browser serves as HTML. */
async function pagesOf(inspector: string): Promise<string[]> {
  try {
    const list = await (await fetch(`http://${inspector}/`)).text();
    return [...list.matchAll(/\/socket\/\d+\/\d+\/WebPage/g)].map(([path]) => path);
  } catch {
    return []; // not up yet
  }
}

async function waitForPage(inspector: string, known: ReadonlySet<string>): Promise<string> {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await pause(50)) {
    const path = (await pagesOf(inspector)).find((page) => !known.has(page));
    if (path) return path;
  }
  throw new Error('WebKit opened no window');
}

export const webkit: Engine = {
  name: 'WebKitGTK',
  install: 'apt-get install libwebkit2gtk-4.1-0 xvfb, or name a MiniBrowser in WEBKIT_PATH',
  find: () =>
    programOnPath('Xvfb') &&
    findProgram(
      'WEBKIT_PATH',
      ['MiniBrowser'],
      [
        `/usr/lib/${ARCHITECTURE}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
        '/usr/libexec/webkit2gtk-4.1/MiniBrowser',
      ],
    ),

  async start(path, profile) {
    mkdirSync(profile, { recursive: true });
    const { server, display } = await startDisplay();
    const inspector = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      path,
      ['--enable-developer-extras=true', '--javascript-can-open-windows-automatically=true', 'about:blank'],
      {
        env: {
          ...process.env,
          DISPLAY: display,
          HOME: profile,
          XDG_DATA_HOME: join(profile, 'data'),
          XDG_CACHE_HOME: join(profile, 'cache'),
          XDG_CONFIG_HOME: join(profile, 'config'),
          WEBKIT_INSPECTOR_HTTP_SERVER: inspector,
        },
        stdio: 'ignore',
      },
    );
    const exit = once(child, 'exit');
    const known = new Set<string>();
    const pages: WebKitPage[] = [];
    const attach = async (): Promise<WebKitPage> => {
      const socket = await waitForPage(inspector, known);
      known.add(socket);
      const page = await WebKitPage.attach(await connect(`ws://${inspector}${socket}`));
      pages.push(page);
      return page;
    };
    // The first window stays empty: it is what opens the others.
    const opener = await attach();
    const { stdout } = spawn(path, ['--version'], { env: { ...process.env, DISPLAY: display } });
    const version = await firstMatch(stdout, /WebKitGTK (\S+)/, 'MiniBrowser');

    return {
      version,
      async newTab(): Promise<Tab> {
        const size = `width=${WINDOW.width},height=${WINDOW.height}`;
        await opener.evaluate(`void open('about:blank', '_blank', 'noopener,${size}')`);
        return attach();
      },
      async close() {
        // The browser ends with its last window.
        for (const page of pages.toReversed()) await page.close();
        const ended = await Promise.race([exit.then(() => true), pause(5000).then(() => false)]);
        if (!ended) child.kill();
        await exit;
        server.kill();
      },
    };
  },
};
