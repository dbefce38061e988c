/** Says whether the page works without a network, and offers a newer version; opens to what is stored. */
import { useId } from 'react';
import type { OfflineStatus as Status } from '../../state/offline/offline-store.ts';
import { useAppState, useModel, useOffline } from '../state-context.tsx';
import { OfflineIcon, UpdateIcon } from '../ui/icons.tsx';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { bytesText, percent } from '../words.ts';
import { OFFLINE_COMMANDS } from './commands.ts';

function chipWords(status: Status): string {
  switch (status.phase) {
    case 'ready':
      return 'Ready offline';
    case 'saving':
      return `Saving for offline use, ${percent(status.savedBytes / Math.max(1, status.totalBytes))}`;
    default:
      return 'Not ready offline';
  }
}

function Details({ status }: { status: Status }) {
  const { offline, model } = useAppState();
  switch (status.phase) {
    case 'ready':
      return (
        <p>
          This page, the runtime and the model are stored in this browser ({bytesText(status.totalBytes)}).
          They work without a network, in a new tab and after a restart too.
        </p>
      );
    case 'saving':
      return (
        <>
          <p>
            Storing the page, the runtime and the model in this browser: {bytesText(status.savedBytes)} of{' '}
            {bytesText(status.totalBytes)}.
          </p>
          <ProgressBar
            label="Saved for offline use"
            fraction={status.savedBytes / Math.max(1, status.totalBytes)}
          />
        </>
      );
    case 'failed':
      return (
        <>
          <p>{status.message} Without a network the page may not start.</p>
          <button
            type="button"
            className="button"
            onClick={() => {
              const { status: now } = model.getState();
              if (now.phase === 'ready') void offline.getState().save(now.model);
            }}
          >
            Try again
          </button>
        </>
      );
    default:
      return null;
  }
}

function Update() {
  const { offline } = useAppState();
  const update = useOffline((state) => state.update);
  if (!update) return null;
  const { otherTabs } = update;
  return (
    <div className="update-offer" data-testid="update-ready">
      <h3>A newer version is ready</h3>
      {otherTabs === 0 ? (
        <p>
          It has been downloaded. Updating reloads this page; the pictures and answers of this tab are lost.
        </p>
      ) : (
        <p>
          It starts when {otherTabs === 1 ? 'the other tab' : `the ${otherTabs} other tabs`} with this page{' '}
          {otherTabs === 1 ? 'is' : 'are'} closed, so that no tab is changed while it is in use.
        </p>
      )}
      <button
        type="button"
        className={otherTabs === 0 ? 'button primary' : 'button'}
        onClick={() => void offline.getState().takeUpdate()}
      >
        {otherTabs === 0 ? 'Update now' : 'Check again'}
      </button>
    </div>
  );
}

export function OfflineStatus() {
  const id = useId();
  const status = useOffline((state) => state.status);
  const update = useOffline((state) => state.update);
  const install = useOffline((state) => state.install);
  const modelReady = useModel((state) => state.status.phase === 'ready');
  const silent = status.phase === 'unknown' || status.phase === 'unavailable';
  // A page that has nothing to say about it has no button for it.
  if (silent && !update && !(install && modelReady)) return null;
  const words = update ? 'Update ready' : silent ? 'Install' : chipWords(status);
  return (
    <>
      <button
        type="button"
        className="offline-chip"
        data-phase={update ? 'update' : status.phase}
        data-testid={status.phase === 'ready' ? 'offline-ready' : undefined}
        popoverTarget={id}
        title={words}
      >
        {update ? <UpdateIcon /> : <OfflineIcon />}
        <span className="offline-words">{words}</span>
      </button>
      <span className="visually-hidden" role="status">
        {update ? 'A newer version of this page is ready.' : status.phase === 'ready' ? 'Ready offline.' : ''}
      </span>
      <div id={id} className="popover" popover="auto" role="dialog" aria-label="Offline">
        <h2>{silent ? 'Offline' : chipWords(status)}</h2>
        <Details status={status} />
        <Update />
        {install && (
          <button type="button" className="button" onClick={() => void install()}>
            {OFFLINE_COMMANDS.install.label}
          </button>
        )}
      </div>
    </>
  );
}
