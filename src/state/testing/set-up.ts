/** The whole state for a test: its worker is played by the test, its files need no decoder, its storage is a map. */
import { vi } from 'vitest';
import { createAppState } from '../app-state.ts';
import type { OfflineHost } from '../offline/host.ts';
import { FakePort, MODEL, resultOf, settle } from './fake-port.ts';

const withoutServiceWorker = { unavailable: 'A test keeps nothing.' } as OfflineHost;

/** The first bytes of a PNG of 400 × 200. */
function pngBytes(width = 400, height = 200): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(33);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}

export const png = (): Blob => new Blob([pngBytes()]);

export function setUp(href = 'https://here.example/app/index.html') {
  const ports: FakePort[] = [];
  const stored = new Map<string, string>();
  const released: ImageBitmap[] = [];
  const fetchJson = vi.fn(async (url: string): Promise<unknown> => {
    if (url.endsWith('models/index.json')) return [{ id: 'mini', url: 'models/mini/', title: 'Mini' }];
    return [{ file: 'park.jpg', width: 4, height: 3, alt: 'A park', expressions: ['the dog'] }];
  });
  const state = createAppState({
    openPort: () => {
      const port = new FakePort();
      ports.push(port);
      return port;
    },
    fetchJson,
    fetchBlob: async () => png(),
    decoding: {
      decode: async () => ({ width: 400, height: 200 }) as ImageBitmap,
      hasTransparency: () => false,
    },
    copyBitmap: async (bitmap) => ({ ...bitmap }),
    release: (bitmap) => void released.push(bitmap),
    storage: () =>
      ({
        getItem: (key: string) => stored.get(key) ?? null,
        setItem: (key: string, value: string) => void stored.set(key, value),
        removeItem: (key: string) => void stored.delete(key),
      }) as Storage,
    href,
    offline: withoutServiceWorker,
  });
  const port = (): FakePort => {
    const newest = ports.at(-1);
    if (!newest) throw new Error('no worker was started');
    return newest;
  };
  const loadModel = async (change = {}): Promise<void> => {
    void state.model.getState().load('auto');
    await settle();
    port().answer({ kind: 'model-loaded', id: port().last('load-model').id, model: { ...MODEL, ...change } });
    await settle();
  };
  const openImage = async (name = 'a.png'): Promise<void> => {
    // Reading a Blob takes more than promises.
    await state.image.getState().open(png(), name);
    await settle();
  };
  const answerGround = async (change: Parameters<typeof resultOf>[1] = {}): Promise<void> => {
    const { id, expression } = port().last('ground');
    port().answer({ kind: 'grounded', id, result: resultOf(expression, change) });
    await settle();
  };
  const grounding = () => state.grounding.getState();
  return { state, ports, port, released, stored, fetchJson, loadModel, openImage, answerGround, grounding };
}
