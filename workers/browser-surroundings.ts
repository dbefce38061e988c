// What the grounding service takes from a browser's worker: its origin's network and cache, its GPU, ONNX Runtime's
// builds for the web, its canvas and its clock.

import { BUNDLE_CACHE } from './bundle-cache.ts';
import type { Surroundings } from './grounding-service.ts';
import type { ModelSurroundings } from './loaded-model.ts';
import { loadModel } from './loaded-model.ts';
import { pixelsOf } from './pixels.ts';
import { openGpu, threadCount, webRuntime } from './web-runtime.ts';

const forModels: ModelSurroundings = {
  origin: self.location.origin,
  fetch: (url, init) => fetch(url, init),
  openCache: async () => {
    try {
      return await caches.open(BUNDLE_CACHE);
    } catch {
      return null;
    }
  },
  openGpu,
  threadCount,
  openRuntime: webRuntime,
};

export const browserSurroundings: Surroundings = {
  loadModel: (request, signal, report) => loadModel(request, signal, report, forModels),
  pixelsOf,
  now: () => performance.now(),
};
