// A worker's own message port, for what answers the page: the grounding worker's, and that of the worker which stands in
// for it in end-to-end tests.

import type { GroundingService, Post } from './grounding-service.ts';
import type { GroundingRequest } from './protocol.ts';

/** Gives every message of the page to the service that `start` makes. */
export function serve(start: (post: Post) => Pick<GroundingService, 'receive'>): void {
  const scope = self as unknown as DedicatedWorkerGlobalScope;
  const service = start((message, transfer = []) => scope.postMessage(message, transfer));
  scope.addEventListener('message', ({ data }: MessageEvent<GroundingRequest>) => service.receive(data));
}
