// The grounding worker with a model that computes nothing, so that a test can call up every state of the page: an
// endless download, a run that fails, a GPU that is lost. Everything above the model is the real worker's own.

import { GroundingService } from '../../workers/grounding-service.ts';
import { pixelsOf } from '../../workers/pixels.ts';
import { serve } from '../../workers/serve.ts';
import { fakeLoading } from './fake-model.ts';
import { DEFAULT_PLAN, type FakeWorkerScope } from './plan.ts';

const scope = self as unknown as FakeWorkerScope;
const plan = { ...DEFAULT_PLAN, ...scope.fakePlan };
const fake: FakeWorkerScope['fakeWorker'] = { plan, requests: [], loseGpu: () => {} };
scope.fakeWorker = fake;

serve((post) => {
  const loadModel = fakeLoading(plan, (lose) => {
    fake.loseGpu = lose;
  });
  const service = new GroundingService(post, { loadModel, pixelsOf, now: () => performance.now() });
  return {
    receive(request) {
      fake.requests.push(request.kind);
      service.receive(request);
    },
  };
});
