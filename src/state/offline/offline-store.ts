/**
 * Whether the page works without a network, and whether a newer version of it is there. "Ready" is said only after the
 * service worker has found every file that this browser needs in its cache, each checked by its hash when it came.
 */
import { createStore } from 'zustand/vanilla';
import type { OfflineReply, PrecacheGroup } from '../../../workers/offline/protocol.ts';
import type { LoadedModel } from '../../../workers/protocol.ts';
import type { Ask, OfflineHost } from './host.ts';

export type OfflineStatus =
  /** Nothing has been asked yet. */
  | { readonly phase: 'unknown' }
  /** It cannot be; `reason` is a sentence. */
  | { readonly phase: 'unavailable'; readonly reason: string }
  | { readonly phase: 'saving'; readonly savedBytes: number; readonly totalBytes: number }
  | { readonly phase: 'ready'; readonly totalBytes: number }
  /** `message` is a sentence that names the file. */
  | { readonly phase: 'failed'; readonly message: string };

export interface OfflineState {
  readonly status: OfflineStatus;
  /** A newer version, fetched whole. `otherTabs` run on today's and would be cut off by the change. */
  readonly update: { readonly otherTabs: number } | null;
  /** Installs the page as an app; null where the browser does not offer that to a page. */
  readonly install: (() => Promise<void>) | null;
  /** Keeps all that this browser needs. Never rejects: `status` tells. */
  save(model: LoadedModel): Promise<void>;
  /** Loads the newer version. Does nothing while other tabs run on today's: then `update` says how many. */
  takeUpdate(): Promise<void>;
  /** Asks the host for a newer version; without a network nothing comes of it. */
  lookForUpdate(): Promise<void>;
}

/** Bundles up to this size are kept in all their precisions; of larger ones those that this browser computes with. */
const WHOLE_BUNDLE_BYTES = 64e6;

export class OfflineFailure extends Error {
  override readonly name = 'OfflineFailure';
}

export function createOfflineStore(host: OfflineHost) {
  let newer: Ask | null = null;
  let saving: Promise<void> | null = null;
  let watching = false;
  const store = createStore<OfflineState>()((set, get) => ({
    status: host.unavailable ? { phase: 'unavailable', reason: host.unavailable } : { phase: 'unknown' },
    update: null,
    install: null,

    save: (model) => {
      if (host.unavailable) return Promise.resolve();
      // One at a time; another model or provider afterwards adds what it needs.
      saving = (saving ?? Promise.resolve())
        .then(async () => {
          const ask = await host.start();
          watchForUpdates();
          await saveAll(ask, await groupsFor(ask, host, model), (status) => set({ status }));
        })
        .catch((error: Error) => set({ status: { phase: 'failed', message: error.message } }));
      return saving;
    },

    takeUpdate: async () => {
      if (!newer || !get().update) return;
      const otherTabs = await tabsBeside(newer);
      set({ update: { otherTabs } });
      if (otherTabs > 0) return;
      host.onTakenOver(() => host.reload());
      await newer({ kind: 'take-over' });
    },

    lookForUpdate: async () => {
      if (!host.unavailable) await host.lookForUpdate().catch(() => undefined);
    },
  }));

  /** Once the page has started: registering a service worker while it does would take its time. */
  function watchForUpdates(): void {
    if (watching) return;
    watching = true;
    host.onUpdate(async (ask) => {
      newer = ask;
      store.setState({ update: { otherTabs: await tabsBeside(ask) } });
    });
  }

  if (!host.unavailable) {
    host.onInstallable((install) =>
      store.setState({
        install: async () => {
          // An offer can be taken once.
          store.setState({ install: null });
          await install();
        },
      }),
    );
  }
  return store;
}

export type OfflineStore = ReturnType<typeof createOfflineStore>;

function expectReply<Kind extends OfflineReply['kind']>(
  reply: OfflineReply,
  kind: Kind,
): Extract<OfflineReply, { kind: Kind }> {
  if (reply.kind === kind) return reply as Extract<OfflineReply, { kind: Kind }>;
  throw new OfflineFailure(
    reply.kind === 'failed' ? reply.message : `The service worker answered ${reply.kind}.`,
  );
}

async function tabsBeside(ask: Ask): Promise<number> {
  const reply = await ask({ kind: 'tabs' });
  return reply.kind === 'tabs' ? Math.max(0, reply.count - 1) : 0;
}

async function groupsFor(ask: Ask, host: OfflineHost, model: LoadedModel): Promise<PrecacheGroup[]> {
  const groups: PrecacheGroup[] = ['shell', 'runtime:wasm', 'model'];
  if (await host.hasGpu()) groups.push(host.hasSuspending ? 'runtime:jspi' : 'runtime:asyncify');
  const precisions = [...model.precisions, ...(model.otherPrecisions ?? [])].map(
    ({ precision }): PrecacheGroup => `model:${precision}`,
  );
  const { files } = expectReply(await ask({ kind: 'plan', groups: ['model', ...precisions] }), 'plan');
  const whole = files.reduce((sum, { bytes }) => sum + bytes, 0) <= WHOLE_BUNDLE_BYTES;
  // What runs here, and what would where the graphics processor fails.
  const onWasm = (model.otherPrecisions ?? []).find(({ runsOn }) => runsOn.includes('wasm'));
  const needed = [model.precision, ...(onWasm ? [onWasm.precision] : [])];
  return [...groups, ...(whole ? precisions : needed.map((name): PrecacheGroup => `model:${name}`))];
}

async function saveAll(
  ask: Ask,
  groups: readonly PrecacheGroup[],
  tell: (status: OfflineStatus) => void,
): Promise<void> {
  const { files } = expectReply(await ask({ kind: 'plan', groups }), 'plan');
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let savedBytes = files.reduce((sum, { bytes, saved }) => sum + (saved ? bytes : 0), 0);
  for (const { path, bytes } of files.filter(({ saved }) => !saved)) {
    tell({ phase: 'saving', savedBytes, totalBytes });
    const before = savedBytes;
    let told = before;
    const reply = await ask({ kind: 'save', path }, (some) => {
      // Bytes come in hundreds of pieces; the page is drawn anew for those that can be seen.
      if (before + some - told < totalBytes / 100) return;
      told = before + Math.min(some, bytes);
      tell({ phase: 'saving', savedBytes: told, totalBytes });
    });
    expectReply(reply, 'saved');
    savedBytes += bytes;
  }
  expectReply(await ask({ kind: 'keep', groups }), 'kept');
  // Asked again: what was kept at the beginning may have been cleared meanwhile.
  const after = expectReply(await ask({ kind: 'plan', groups }), 'plan');
  const lost = after.files.find(({ saved }) => !saved);
  if (lost) throw new OfflineFailure(`The browser did not keep '${lost.path}'.`);
  tell({ phase: 'ready', totalBytes });
}
