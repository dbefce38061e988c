// The grounding worker: a message port for `GroundingService`, in a browser's surroundings.

import { browserSurroundings } from './browser-surroundings.ts';
import { GroundingService } from './grounding-service.ts';
import { serve } from './serve.ts';

// ONNX Runtime's threads are workers of that name; one that should re-import this file must not start a second queue.
if (!self.name.startsWith('em-pthread')) {
  serve((post) => new GroundingService(post, browserSurroundings));
}
