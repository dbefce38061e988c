/** Builds the stores and tells each what it has to know of the others. The page has one; a test has its own. */
import { createStore } from 'zustand/vanilla';
import { createAttentionStore } from './attention-store.ts';
import { type FetchJson, fetchSamples, type Sample } from './catalogues.ts';
import { createGroundTruthStore } from './ground-truth-store.ts';
import { GroundingClient, type WorkerPort } from './grounding-client.ts';
import { createGroundingStore } from './grounding-store.ts';
import { createHistoryStore } from './history-store.ts';
import type { ImageDecoding } from './image/open-image.ts';
import { createImageStore } from './image-store.ts';
import { createModelStore } from './model-store.ts';
import type { OfflineHost } from './offline/host.ts';
import { createOfflineStore } from './offline/offline-store.ts';
import { createPageUndo, type PageUndo } from './page-undo.ts';
import { readQuery } from './query.ts';
import { createRecentStore } from './recent-store.ts';
import { createSettingsStore } from './settings-store.ts';
import { createViewStore } from './view-store.ts';

export interface Surroundings {
  readonly openPort: () => WorkerPort;
  readonly fetchJson: FetchJson;
  readonly fetchBlob: (url: string) => Promise<Blob>;
  readonly decoding: ImageDecoding<ImageBitmap>;
  readonly copyBitmap: (bitmap: ImageBitmap) => Promise<ImageBitmap>;
  readonly release: (bitmap: ImageBitmap) => void;
  readonly storage: () => Storage;
  /** The page's address. */
  readonly href: string;
  readonly offline: OfflineHost;
}

export interface SamplesState {
  readonly samples: readonly Sample[];
  /** True from the moment on that there will be no more. */
  readonly read: boolean;
}

export function createAppState(around: Surroundings) {
  const base = new URL('.', around.href).href;
  const query = readQuery(new URL(around.href).search);
  const client = new GroundingClient(around.openPort);
  const settings = createSettingsStore(around.storage);
  const model = createModelStore({ client, fetchJson: around.fetchJson, base, query });
  const image = createImageStore(around);
  const grounding = createGroundingStore({
    client,
    copyBitmap: around.copyBitmap,
    groundsWhileTyping: () => settings.getState().liveGrounding,
  });
  const view = createViewStore();
  const recent = createRecentStore(around.storage);
  const attention = createAttentionStore();
  const groundTruth = createGroundTruthStore();
  const offline = createOfflineStore(around.offline);
  const samples = createStore<SamplesState>()(() => ({ samples: [], read: false }));

  client.onFault = (error) => model.getState().fault(error);
  model.subscribe(({ status }, before) => {
    if (status === before.status) return;
    const now = status.phase === 'ready' ? status.model : null;
    const then = before.status.phase === 'ready' ? before.status.model : null;
    if (now !== then) grounding.getState().modelChanged(now);
  });
  const history = createHistoryStore({
    forgotten: (images) => {
      undo.getState().keepOnly((snapshot) => !images.some(({ key }) => key === snapshot.image?.key));
      groundTruth.getState().forget(images.map(({ key }) => key));
      for (const { bitmap } of images) around.release(bitmap);
    },
  });
  const undo: PageUndo = createPageUndo({ image, grounding, settings, attention, groundTruth });

  image.subscribe((now, before) => {
    if (now.image === before.image) return;
    view.getState().reset();
    groundTruth.getState().imageChanged(now.image);
    const known = history.getState().albums.find((album) => album.image.key === now.image?.key);
    // The history first: the entries that follow are the new image's.
    history.getState().imageShown(now.image);
    grounding.getState().imageChanged(now.image, known?.entries);
  });
  grounding.subscribe(({ entries }, before) => {
    if (entries !== before.entries) history.getState().entriesChanged(entries);
  });

  grounding.subscribe(({ shown }, before) => {
    if (shown?.readings === before.shown?.readings) return;
    attention.getState().shownChanged(shown?.readings ?? null, shown?.key !== before.shown?.key);
  });

  return {
    settings,
    model,
    image,
    grounding,
    attention,
    groundTruth,
    view,
    history,
    undo,
    recent,
    offline,
    samples,
    query,
    client,
    /** Starts what the page does by itself: the model, and the list of samples. */
    start: (): void => {
      const { provider, precision } = settings.getState();
      void model.getState().load(provider, precision);
      fetchSamples(around.fetchJson, base).then(
        (found) => samples.setState({ samples: found, read: true }),
        // Without samples the page is whole; the reason is for whoever looks.
        (cause: unknown) => {
          console.warn(cause);
          samples.setState({ read: true });
        },
      );
    },
  };
}

export type AppState = ReturnType<typeof createAppState>;
