/** The real surroundings: the worker, the network of this origin, the browser's image decoder. */
import { connectAddress } from './address-bar.ts';
import { type AppState, createAppState, type Surroundings } from './app-state.ts';
import type { WorkerPort } from './grounding-client.ts';
import type { ImageDecoding } from './image/open-image.ts';
import { browserHost, isolationHost } from './offline/browser-host.ts';
import { isolate } from './offline/isolate.ts';
import { keepWhenQuiet } from './offline/keep-when-quiet.ts';

/** React draws and Konva paints within a frame or two; a second is far behind both. */
const RELEASE_AFTER_MS = 2000;
/** Side of the reduced copy in which transparency is looked for. */
const PROBE_SIDE = 64;

async function fetchOk(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response;
}

const decoding: ImageDecoding<ImageBitmap> = {
  decode: (blob, width) =>
    createImageBitmap(blob, {
      imageOrientation: 'from-image',
      ...(width === undefined ? {} : { resizeWidth: width, resizeQuality: 'high' }),
    }),

  hasTransparency: (bitmap) => {
    const width = Math.min(PROBE_SIDE, bitmap.width);
    const height = Math.min(PROBE_SIDE, bitmap.height);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) return false;
    context.drawImage(bitmap, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    for (let i = 3; i < data.length; i += 4) if ((data[i] ?? 255) < 250) return true;
    return false;
  },
};

/** Files that the system opened the installed page with. */
function openLaunched(open: (file: File) => void): void {
  interface LaunchQueue {
    setConsumer(take: (launch: { files: readonly FileSystemFileHandle[] }) => void): void;
  }
  const { launchQueue } = globalThis as { launchQueue?: LaunchQueue };
  launchQueue?.setConsumer(({ files }) => {
    const [first] = files;
    if (first) void first.getFile().then(open);
  });
}

export function createBrowserState(): AppState {
  const offline = browserHost(import.meta.env.PROD);
  const around: Surroundings = {
    openPort: () =>
      // Vite finds the worker by this very form, and bundles it.
      new Worker(new URL('../../workers/grounding.worker.ts', import.meta.url), {
        type: 'module',
        name: 'grounding',
      }) as WorkerPort,
    fetchJson: async (url) => (await fetchOk(url)).json(),
    fetchBlob: async (url) => (await fetchOk(url)).blob(),
    decoding,
    copyBitmap: (bitmap) => createImageBitmap(bitmap),
    release: (bitmap) => setTimeout(() => bitmap.close(), RELEASE_AFTER_MS),
    storage: () => localStorage,
    href: location.href,
    offline,
  };
  const state = createAppState(around);
  void connectAddress(state, {
    href: () => location.href,
    replace: (href) => history.replaceState(null, '', href),
  });
  keepWhenQuiet(state);
  openLaunched((file) => void state.image.getState().open(file, file.name));
  return {
    ...state,
    // At once where the page is isolated; where a host sets no headers, once it is or cannot be.
    start: () =>
      void isolate(isolationHost(offline)).then((reloading) => {
        if (!reloading) state.start();
      }),
  };
}
