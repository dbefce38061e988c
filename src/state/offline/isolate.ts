/**
 * Cross-origin isolation on a host that sets no headers: the service worker adds them, which takes effect when the page
 * is loaded through it, so once, at the very start and before the person has done anything, the page is loaded again.
 */

export interface IsolationHost {
  readonly isolated: boolean;
  /** Registers the service worker and resolves once it would serve a page that is loaded. */
  takeControl(): Promise<void>;
  /** Remembers for this tab that it was tried; false where nothing can be remembered. */
  remember(tried: boolean): boolean;
  readonly tried: boolean;
  /** True once the person has begun something that a reload would lose. */
  hasBegun(): boolean;
  reload(): void;
}

/** Longer than a service worker takes that fetches nothing; without one the page works, more slowly. */
const PATIENCE_MS = 4000;

/**
 * @returns true where the page is about to be loaded again, and nothing more is to be started
 */
export async function isolate(host: IsolationHost, patienceMs = PATIENCE_MS): Promise<boolean> {
  if (host.isolated) {
    host.remember(false);
    return false;
  }
  // Loaded again already, and still not: this browser can't be isolated so. Never twice.
  if (host.tried) return false;
  const controlled = await Promise.race([
    host.takeControl().then(
      () => true,
      () => false,
    ),
    new Promise<false>((resolve) => setTimeout(() => resolve(false), patienceMs)),
  ]);
  if (!controlled || host.hasBegun() || !host.remember(true)) return false;
  host.reload();
  return true;
}
