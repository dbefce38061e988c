/**
 * A worker that computes nothing: put in place of `Worker` before the page's own scripts run, so that every
 * state of the page can be called up at will, a failed download or an endless run included. It speaks
 * workers/protocol.ts; its boxes are chosen by the test. Not shipped: only tests load it.
 *
 * window.fakeWorker: { provider, load: 'ready' | 'downloading' | 'failed', ground: 'done' | 'working' | 'failed',
 *   boxes: { [expression]: [left, top, right, bottom] as fractions }, unknown: string[], cut: boolean }
 */
(() => {
  const GRID = 14;
  const SIDE = 224;
  const plan = {
    provider: 'wasm',
    load: 'ready',
    ground: 'done',
    boxes: {},
    unknown: [],
    cut: false,
    ...window.fakeWorkerPlan,
  };
  window.fakeWorker = plan;
  /** What was asked, for tests to look at. */
  plan.requests = [];

  function letterboxOf(imageWidth, imageHeight) {
    const scale = SIDE / Math.max(imageWidth, imageHeight);
    const width = Math.max(1, Math.round(imageWidth * scale));
    const height = Math.max(1, Math.round(imageHeight * scale));
    const left = Math.round((SIDE - width) / 2 - 0.1);
    const top = Math.round((SIDE - height) / 2 - 0.1);
    return { imageWidth, imageHeight, side: SIDE, left, top, width, height };
  }

  function patchMaskOf({ left, top, width, height }) {
    const mask = new Uint8Array(GRID * GRID);
    const patch = SIDE / GRID;
    for (let row = 0; row < GRID; row++) {
      for (let column = 0; column < GRID; column++) {
        const x = (column + 0.5) * patch;
        const y = (row + 0.5) * patch;
        const inside = x >= left && x < left + width && y >= top && y < top + height;
        mask[row * GRID + column] = inside ? 0 : 1;
      }
    }
    return mask;
  }

  /** Brightest at the middle of the box. */
  function attentionOf(box, { left, top, width, height }) {
    const tokens = 2 + GRID * GRID + 77;
    const data = new Float32Array(tokens);
    const patch = SIDE / GRID;
    const cx = left + ((box[0] + box[2]) / 2) * width;
    const cy = top + ((box[1] + box[3]) / 2) * height;
    for (let i = 0; i < GRID * GRID; i++) {
      const dx = ((i % GRID) + 0.5) * patch - cx;
      const dy = (Math.floor(i / GRID) + 0.5) * patch - cy;
      const ripple = 0.12 * Math.abs((Math.sin(i * 12.9898) * 43758.5453) % 1);
      data[2 + i] = Math.exp(-(dx * dx + dy * dy) / 1800) + ripple;
    }
    return { data, shape: [1, 1, tokens] };
  }

  class FakeWorker {
    onmessage = null;
    onerror = null;
    #image = null;

    postMessage(request) {
      plan.requests.push(request);
      setTimeout(() => this.#answer(request), 0);
    }

    terminate() {}

    #post(data) {
      this.onmessage?.({ data });
    }

    #answer(request) {
      const { id } = request;
      if (request.kind === 'load-model') this.#load(id);
      else if (request.kind === 'set-image') {
        this.#image = { width: request.bitmap.width, height: request.bitmap.height };
        this.#post({ kind: 'image-set', id, ...this.#image, timings: { resizeMs: 6 } });
      } else if (request.kind === 'ground') this.#ground(id, request.expression);
    }

    #load(id) {
      const totalBytes = 12_400_000;
      this.#post({ kind: 'progress', id, phase: 'download', loadedBytes: 6_150_000, totalBytes });
      if (plan.load === 'downloading') return;
      if (plan.load === 'failed') {
        const message = 'q4/image.onnx could not be fetched: 404 Not Found.';
        const hint = 'Check that the server still runs.';
        this.#post({ kind: 'error', id, error: { code: 'fetch-failed', message, hint } });
        return;
      }
      const gpu = plan.provider === 'webgpu';
      this.#post({
        kind: 'model-loaded',
        id,
        model: {
          name: 'hivg-mini',
          title: 'HiVG mini',
          provider: plan.provider,
          precision: gpu ? 'q4' : 'int8',
          providerReason: gpu ? 'this machine has a GPU that computes rightly' : 'this browser has no WebGPU',
          ...(gpu ? { adapter: 'NVIDIA Ampere' } : {}),
          threads: gpu ? 1 : 2,
          side: SIDE,
          patch: SIDE / GRID,
          grid: GRID,
          contextLength: 77,
          licence: 'Apache-2.0',
          trainedOn: 'drawn scenes of 96 everyday things',
          downloadedBytes: totalBytes,
          fromCache: false,
          scored: { 'New scenes': 0.782 },
        },
      });
    }

    #ground(id, expression) {
      if (plan.ground === 'working') return;
      if (plan.ground === 'failed') {
        const message = 'The image graph failed while it ran.';
        const hint = 'Try again, or run on WebAssembly.';
        this.#post({ kind: 'error', id, error: { code: 'run-failed', message, hint } });
        return;
      }
      const { width, height } = this.#image;
      const letterbox = letterboxOf(width, height);
      const box = plan.boxes[expression] ?? [0.3, 0.3, 0.6, 0.7];
      const words = expression.split(' ');
      this.#post({
        kind: 'grounded',
        id,
        result: {
          expression,
          box: { x1: box[0] * width, y1: box[1] * height, x2: box[2] * width, y2: box[3] * height },
          boxInFrame: [0.5, 0.5, 0.3, 0.4],
          tokens: [49406, 518, 49407],
          words: words.map((text, i) => ({
            text,
            known: !plan.unknown.includes(text),
            tokenPositions: [i + 1],
          })),
          unknownWords: words.filter((word) => plan.unknown.includes(word)),
          cut: plan.cut,
          regAttention: attentionOf(box, letterbox),
          grid: GRID,
          letterbox,
          patchMask: patchMaskOf(letterbox),
          logit: 21.5,
          timings: { text: 38, image: 341, readBack: 4, resize: 9, total: 396 },
          provider: plan.provider,
          precision: 'int8',
        },
      });
    }
  }

  window.Worker = FakeWorker;
})();
