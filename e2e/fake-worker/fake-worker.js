/**
 * A worker that computes nothing: put in place of `Worker` before the page's own scripts run, so that every
 * state of the page can be called up at will, a failed download or an endless run included. It speaks
 * workers/protocol.ts; its boxes are chosen by the test. Not shipped: only tests load it.
 *
 * Sizes are the base network's: six grounding layers of eight heads, twelve vision layers of twelve, four bridges.
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

  const PATCHES = GRID * GRID;
  const CONTEXT = 77;
  const REG = { layers: 6, heads: 8 };
  const CLS = { layers: 12, heads: 12 };
  const BRIDGED = [0, 3, 7, 11];

  /** A number from 0 to 1 that looks like chance and is the same every time. */
  const ripple = (i) => Math.abs((Math.sin(i * 12.9898) * 43758.5453) % 1);

  /** Values scaled to sum to `sum`. */
  function normalised(values, sum = 1) {
    const total = values.reduce((a, b) => a + b, 0);
    return values.map((value) => (value * sum) / total);
  }

  /** A hill over the patches that are not padding, highest at a place of the image given in fractions of it. */
  function hill({ left, top, width, height }, mask, x, y, spread, seed) {
    const patch = SIDE / GRID;
    return Float32Array.from({ length: PATCHES }, (_, i) => {
      if (mask?.[i]) return 0;
      const dx = ((i % GRID) + 0.5) * patch - (left + x * width);
      const dy = (Math.floor(i / GRID) + 0.5) * patch - (top + y * height);
      return Math.exp(-(dx * dx + dy * dy) / spread) + 0.12 * ripple(i + seed);
    });
  }

  const middle = (box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];

  /** [REG] rows, highest at the middle of the box: the later the layer, the narrower. */
  function regAttention(box, letterbox, mask, tokenCount) {
    const tokens = 2 + PATCHES + CONTEXT;
    const data = new Float32Array(REG.layers * REG.heads * tokens);
    for (let row = 0; row < REG.layers * REG.heads; row++) {
      const layer = Math.floor(row / REG.heads);
      const spread = 1800 * (REG.layers - layer) + 200 * (row % REG.heads);
      const start = row * tokens;
      data.set([0.1, 0.1], start);
      data.set(normalised(hill(letterbox, mask, ...middle(box), spread, row), 0.6), start + 2);
      data.fill(0.2 / tokenCount, start + 2 + PATCHES, start + 2 + PATCHES + tokenCount);
    }
    return { data, shape: [REG.layers, REG.heads, tokens] };
  }

  /** [CLS] rows, over the padding too. */
  function clsAttention(box, letterbox) {
    const data = new Float32Array(CLS.layers * CLS.heads * (1 + PATCHES));
    for (let row = 0; row < CLS.layers * CLS.heads; row++) {
      data[row * (1 + PATCHES)] = 0.3;
      const over = hill(letterbox, null, ...middle(box), 9000 - 40 * row, row);
      data.set(normalised(over, 0.7), row * (1 + PATCHES) + 1);
    }
    return { data, shape: [CLS.layers, CLS.heads, 1 + PATCHES] };
  }

  /** Each word is read most at a place of its own, from the left to the right of the image. */
  function wordAttention(letterbox, words, tokenCount) {
    const rows = BRIDGED.length * CLS.heads;
    const data = new Float32Array(rows * (1 + PATCHES) * CONTEXT);
    for (let row = 0; row < rows; row++) {
      const hills = words.map((_, i) =>
        hill(letterbox, null, (i + 0.5) / words.length, 0.5, 2500 + 50 * row, row + i),
      );
      for (let patch = -1; patch < PATCHES; patch++) {
        const reading = new Float32Array(CONTEXT).fill(0.01);
        reading[0] = 0.4;
        reading[tokenCount - 1] = 0.3;
        hills.forEach((over, i) => {
          reading[i + 1] = over[Math.max(0, patch)];
        });
        data.set(normalised(reading), (row * (1 + PATCHES) + 1 + patch) * CONTEXT);
      }
    }
    return { data, shape: [BRIDGED.length, CLS.heads, 1 + PATCHES, CONTEXT] };
  }

  /** What the dense graph would give: the similarity a hill, the mask the box itself. */
  function denseOf(box, letterbox, mask, tokenCount) {
    const side = 8 * GRID;
    const cell = SIDE / side;
    const inside = (i) => {
      const x = (((i % side) + 0.5) * cell - letterbox.left) / letterbox.width;
      const y = ((Math.floor(i / side) + 0.5) * cell - letterbox.top) / letterbox.height;
      return x >= box[0] && x < box[2] && y >= box[1] && y < box[3];
    };
    const { data } = regAttention(box, letterbox, mask, tokenCount);
    return {
      regRollout: data.slice(0, 2 + PATCHES + CONTEXT),
      tokenSimilarity: hill(letterbox, null, ...middle(box), 4000, 7).map((value) => value - 0.4),
      mask: Float32Array.from({ length: side * side }, (_, i) => (inside(i) ? 0.95 : 0.04)),
    };
  }

  class FakeWorker {
    onmessage = null;
    onerror = null;
    #image = null;
    /** What was grounded last: its request, and what its readings are made from. */
    #last = null;

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
        this.#post({ kind: 'image-set', id, ...this.#image, timings: { pixelsMs: 2, resizeMs: 6 } });
      } else if (request.kind === 'ground') this.#ground(id, request.expression);
      else if (request.kind === 'attention' || request.kind === 'dense') this.#read(request);
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
          contextLength: CONTEXT,
          precisions: (gpu ? ['q4', 'q8'] : ['int8', 'fp32']).map((precision, i) => ({
            precision,
            bytes: 6_000_000 * (1 + i),
          })),
          bridgedLayers: BRIDGED,
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
      const patchMask = patchMaskOf(letterbox);
      const tokens = [49406, ...words.map((_, i) => 518 + i), 49407];
      this.#last = { id, box, letterbox, patchMask, words, tokens };
      this.#post({
        kind: 'grounded',
        id,
        result: {
          expression,
          box: { x1: box[0] * width, y1: box[1] * height, x2: box[2] * width, y2: box[3] * height },
          boxInFrame: [0.5, 0.5, 0.3, 0.4],
          tokens,
          words: words.map((text, i) => ({
            text,
            known: !plan.unknown.includes(text),
            tokenPositions: [i + 1],
          })),
          unknownWords: words.filter((word) => plan.unknown.includes(word)),
          cut: plan.cut,
          regAttention: regAttention(box, letterbox, patchMask, tokens.length),
          grid: GRID,
          letterbox,
          patchMask,
          logit: 21.5,
          timings: { patches: 24, text: 38, image: 317, readBack: 4, resize: 9, total: 396 },
          provider: plan.provider,
          precision: 'int8',
        },
      });
    }

    #read({ kind, id, of }) {
      if (this.#last?.id !== of) {
        this.#post({ kind: 'stale', id });
        return;
      }
      const { box, letterbox, patchMask, words, tokens } = this.#last;
      if (kind === 'dense') {
        const dense = denseOf(box, letterbox, patchMask, tokens.length);
        this.#post({ kind: 'dense-done', id, ...dense, totalMs: 210 });
        return;
      }
      this.#post({
        kind: 'attention-done',
        id,
        clsAttention: clsAttention(box, letterbox),
        wordAttention: wordAttention(letterbox, words, tokens.length),
        totalMs: 12,
      });
    }
  }

  window.Worker = FakeWorker;
})();
