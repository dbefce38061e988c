/**
 * Sees to it that there is a Chromium: finds one, else has Playwright download its own, else, as root on
 * Debian and its kin, takes the distribution's by apt. Says which it uses.
 */
import { ChromiumError, findChromium } from './chromium.mjs';
import { hasProgram, run, runPackage } from './programs.mjs';

/** A download behind a closed firewall may hang; nobody waits longer than this for it. */
const DOWNLOAD_LIMIT_MS = 5 * 60_000;

/**
 * @param {(words: string) => void} say
 * @returns {Promise<import('./chromium.mjs').FoundChromium>}
 * @throws {ChromiumError} `chromium-not-found` where none can be had
 */
export async function ensureChromium(say) {
  const present = findChromium();
  if (present) return tell(say, present);

  say('No Chromium found; asking Playwright to download its own.');
  await runPackage('playwright', ['install', 'chromium'], { timeout: DOWNLOAD_LIMIT_MS });
  const downloaded = findChromium();
  if (downloaded) return tell(say, downloaded);

  if (process.getuid?.() === 0 && hasProgram('apt-get')) {
    say('That did not work; installing the Debian package chromium.');
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    const packaged = findChromium();
    if (packaged) return tell(say, packaged);
  }

  throw new ChromiumError(
    'chromium-not-found',
    'no Chromium on this machine and none could be installed; install one or name it in CHROMIUM_PATH',
  );
}

/**
 * @param {(words: string) => void} say
 * @param {import('./chromium.mjs').FoundChromium} found
 */
function tell(say, found) {
  say(`Chromium: ${found.path} (${found.source}).`);
  return found;
}
