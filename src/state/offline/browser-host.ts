/** The service worker in a real browser. */
import { type Ask, askWorker, type OfflineHost } from './host.ts';
import type { IsolationHost } from './isolate.ts';

/** In the tab's own storage: that it was loaded again to become isolated. */
const ISOLATION_TRIED = 'hivg-isolation-tried';

/** Resolves when the worker is active; rejects when there is none or it was thrown away. */
function activated(worker: ServiceWorker | null): Promise<ServiceWorker> {
  if (!worker) return Promise.reject(new Error('The service worker is gone.'));
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (worker.state === 'activated') resolve(worker);
      else if (worker.state === 'redundant') reject(new Error('The service worker could not be installed.'));
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

function whyUnavailable(built: boolean): string | null {
  if (!built) return 'The development server does not store the page.';
  if (!isSecureContext)
    return 'This address is not secure (https or localhost), so the browser does not store the page.';
  if (!('serviceWorker' in navigator))
    return 'This browser does not store pages here, for example because the window is private.';
  return null;
}

/** @param built false on the development server, which changes its files under the page */
export function browserHost(built: boolean): OfflineHost {
  const unavailable = whyUnavailable(built);
  let registered: Promise<ServiceWorkerRegistration> | null = null;
  const registration = (): Promise<ServiceWorkerRegistration> => {
    registered ??= navigator.serviceWorker
      // Its own script is asked for anew each time: an old one in the HTTP cache would hide every update.
      .register(new URL('service-worker.js', document.baseURI), { updateViaCache: 'none' })
      .then((found) => {
        // Where service workers are switched off by policy, some browsers resolve with nothing.
        if (!found) throw new Error('The browser has switched service workers off.');
        return found;
      })
      .catch((error: Error) => {
        // Tried anew when it is asked for again: the connection may be back.
        registered = null;
        throw error;
      });
    return registered;
  };
  return {
    unavailable,
    hasSuspending: 'Suspending' in WebAssembly,
    start: async (): Promise<Ask> => {
      const { active, installing, waiting } = await registration();
      return askWorker(await activated(active ?? installing ?? waiting));
    },
    onUpdate: (found) => {
      void registration()
        .then((it) => {
          const tell = (worker: ServiceWorker | null): void => {
            // Without one that serves the page already, it is the first and takes over by itself.
            if (worker && it.active && worker !== it.active) found(askWorker(worker));
          };
          tell(it.waiting);
          it.addEventListener('updatefound', () => {
            const worker = it.installing;
            worker?.addEventListener('statechange', () => {
              if (worker.state === 'installed') tell(worker);
            });
          });
        })
        .catch(() => undefined);
    },
    lookForUpdate: async () => {
      await (await registration()).update();
    },
    onTakenOver: (taken) =>
      navigator.serviceWorker.addEventListener(
        'controllerchange',
        // It is still activating then, and in WebKit it never ends that if the page goes away meanwhile.
        () => void activated(navigator.serviceWorker.controller).then(taken, taken),
        { once: true },
      ),
    reload: () => location.reload(),
    onInstallable: (offered) =>
      // Chromium's; elsewhere the browser's own menu installs.
      addEventListener('beforeinstallprompt', (event) => {
        event.preventDefault();
        offered(() => (event as Event & { prompt(): Promise<void> }).prompt());
      }),
    hasGpu: async () => {
      try {
        return (await navigator.gpu?.requestAdapter()) != null;
      } catch {
        return false;
      }
    },
  };
}

export function isolationHost(offline: OfflineHost): IsolationHost {
  let begun = false;
  for (const type of ['pointerdown', 'keydown', 'drop', 'paste']) {
    addEventListener(type, () => (begun = true), { capture: true, once: true });
  }
  return {
    isolated: crossOriginIsolated || offline.unavailable !== null,
    takeControl: async () => void (await offline.start()),
    get tried() {
      try {
        return sessionStorage.getItem(ISOLATION_TRIED) !== null;
      } catch {
        return true;
      }
    },
    remember: (tried) => {
      try {
        if (tried) sessionStorage.setItem(ISOLATION_TRIED, 'yes');
        else sessionStorage.removeItem(ISOLATION_TRIED);
        return true;
      } catch {
        return false;
      }
    },
    hasBegun: () => begun,
    reload: () => offline.reload(),
  };
}
