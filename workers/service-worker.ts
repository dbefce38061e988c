// The service worker: OfflineService behind the browser's events. The build puts the list of files in front of this code.

import { OfflineService } from './offline/offline-service.ts';
import type { PrecacheList } from './offline/precache-list.ts';
import type { OfflineRequest } from './offline/protocol.ts';

const worker = self as unknown as ServiceWorkerGlobalScope & { readonly hivgPrecache: PrecacheList };
const { scope } = worker.registration;

const tabs = () => worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
const service = new OfflineService({
  list: worker.hivgPrecache,
  scope,
  caches,
  fetch: (request, init) => fetch(request, init),
  countTabs: async () => (await tabs()).filter(({ url }) => url.startsWith(scope)).length,
  skipWaiting: () => worker.skipWaiting(),
});

worker.addEventListener('install', (event) => event.waitUntil(service.install()));
worker.addEventListener('activate', (event) =>
  // Pages that came before the first version are served by it from now on: their next request may find no network.
  event.waitUntil(service.activate().then(() => worker.clients.claim())),
);
worker.addEventListener('fetch', (event) => {
  const response = service.respond(event.request);
  if (response) event.respondWith(response);
});
worker.addEventListener('message', (event) => {
  const [port] = event.ports;
  if (!port) return;
  event.waitUntil(
    service
      .answer(event.data as OfflineRequest, (progress) => port.postMessage(progress))
      .then((reply) => port.postMessage(reply)),
  );
});
