/** The browser's side of the service worker, as the offline store needs it: an interface, so that a test can play it. */
import type { OfflineMessage, OfflineReply, OfflineRequest } from '../../../workers/offline/protocol.ts';

/** A service worker that can be asked: the one that serves this page, or a newer one that waits. */
export type Ask = (request: OfflineRequest, onBytes?: (bytes: number) => void) => Promise<OfflineReply>;

export interface OfflineHost {
  /** Why there is no service worker, as a sentence; null where there is one. */
  readonly unavailable: string | null;
  /** Registers it, or finds it. Resolves with the active one. */
  start(): Promise<Ask>;
  /** Calls back, once for each, when a newer version has been fetched whole and waits. */
  onUpdate(found: (ask: Ask) => void): void;
  /** Looks whether the host has a newer version. */
  lookForUpdate(): Promise<void>;
  /** Calls back when another version has taken over this page. */
  onTakenOver(taken: () => void): void;
  reload(): void;
  /** Calls back when the browser offers to install the page as an app, with what does so. */
  onInstallable(offered: (install: () => Promise<void>) => void): void;
  /** True where this browser can compute on a graphics processor, in software or not. */
  hasGpu(): Promise<boolean>;
  /** True where WebAssembly can be suspended (JSPI), for which the runtime has a smaller build. */
  readonly hasSuspending: boolean;
}

/** Asks over a channel of its own, so that answers cannot be mixed up. */
export function askWorker(worker: Pick<ServiceWorker, 'postMessage'>): Ask {
  return (request, onBytes) =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<OfflineMessage>) => {
        if (data.kind === 'progress') onBytes?.(data.bytes);
        else {
          port1.close();
          resolve(data);
        }
      };
      worker.postMessage(request, [port2]);
    });
}
