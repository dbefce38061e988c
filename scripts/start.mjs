/**
 * `npm start`: from a fresh clone to the app in a browser. Installs what is missing, builds what is out of
 * date, serves the production build with the headers of vite.config.ts and prints the address. The next free
 * port is taken where the usual one is not free; PORT names another to begin with. Ctrl-C ends it.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { ROOT, runPackage } from './programs.mjs';

const USUAL_PORT = 4173;

/** What the build is made from. */
const SOURCES = ['index.html', 'vite.config.ts', 'package-lock.json', 'src', 'workers', 'public'];

/** @param {string} words */
const say = (words) => console.log(`[hivg-web] ${words}`);

/**
 * @param {string} path
 * @returns {number} time of the newest change at or under it, in ms; 0 where there is nothing
 */
function newestChange(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time tells of files that were taken away.
  return readdirSync(path).reduce(
    (newest, name) => Math.max(newest, newestChange(join(path, name))),
    stats.mtimeMs,
  );
}

async function start() {
  const port = process.env.PORT === undefined ? USUAL_PORT : Number(process.env.PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    say(`PORT is "${process.env.PORT}"; it must be a number from 1 to 65535.`);
    return 1;
  }
  if (!(await ensureInstalled(say))) return 1;

  const built = newestChange(join(ROOT, 'dist/index.html'));
  if (built < Math.max(...SOURCES.map((source) => newestChange(join(ROOT, source))))) {
    say(built === 0 ? 'Building the app.' : 'The sources changed since the last build; building the app.');
    if ((await runPackage('vite', ['build', '--logLevel', 'warn'])) !== 0) {
      say('The build failed; what it said stands above.');
      return 1;
    }
  }

  const { preview } = await import('vite');
  const server = await preview({ root: ROOT, logLevel: 'warn', preview: { port, strictPort: false } });
  const end = async () => {
    say('Stopping.');
    await server.close();
    process.exit(0);
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  say(`Ready: ${server.resolvedUrls?.local[0] ?? `http://localhost:${port}/`} (Ctrl-C stops it)`);
  return undefined;
}

const code = await start();
if (code !== undefined) process.exit(code);
