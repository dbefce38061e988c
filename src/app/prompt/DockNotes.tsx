/** What has to be said beside the prompt: what went wrong and what to do, what is waited for, what to doubt. */
import type { ReactNode } from 'react';
import { canFallBack } from '../../state/model-store.ts';
import { usePage } from '../page-context.tsx';
import { useAppState, useGrounding, useImage, useModel } from '../state-context.tsx';
import { CloseIcon, WarnIcon } from '../ui/icons.tsx';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { doubts, drawingsNote, progressWords } from '../words.ts';

function Note({
  tone,
  children,
  actions,
}: {
  tone: 'bad' | 'doubt' | 'calm';
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="note" data-tone={tone}>
      {tone !== 'calm' && <WarnIcon />}
      <p>{children}</p>
      {actions && <div className="note-actions">{actions}</div>}
    </div>
  );
}

function Dismiss({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" className="icon-button small" aria-label="Dismiss" onClick={onClick}>
      <CloseIcon />
    </button>
  );
}

function ImageNote() {
  const { image } = useAppState();
  const error = useImage((state) => state.error);
  if (!error) return null;
  return (
    <Note tone="bad" actions={<Dismiss onClick={() => image.getState().dismissError()} />}>
      <strong>{error.message}</strong> {error.hint}
    </Note>
  );
}

function ModelNote() {
  const { model, settings } = useAppState();
  const status = useModel((state) => state.status);
  const waiting = useGrounding((state) => state.status.phase === 'waiting' && state.status.for === 'model');
  if (status.phase === 'loading') {
    const { text, fraction } = progressWords(status.progress);
    return (
      <div className="note loading" data-tone="calm">
        <p>
          <span>{text}</span>
          {waiting && <span className="quiet"> · your expression runs as soon as it is here</span>}
        </p>
        <ProgressBar label={text} fraction={fraction} />
      </div>
    );
  }
  if (status.phase !== 'failed') return null;
  const { error } = status;
  const loadAny = (): void => {
    settings.getState().set({ provider: 'auto' });
    void model.getState().load('auto');
  };
  return (
    <Note
      tone="bad"
      actions={
        <>
          <button
            type="button"
            className="button small"
            onClick={() => void model.getState().load(settings.getState().provider)}
          >
            Try again
          </button>
          {canFallBack(error) && settings.getState().provider !== 'auto' && (
            <button type="button" className="button small" onClick={loadAny}>
              Choose for me
            </button>
          )}
        </>
      }
    >
      <strong>The model could not be loaded.</strong> {error.message} {error.hint}
    </Note>
  );
}

function GroundingNote() {
  const { grounding } = useAppState();
  const status = useGrounding((state) => state.status);
  const shown = useGrounding((state) => state.shown);
  const modelStatus = useModel((state) => state.status);
  if (status.phase === 'waiting' && status.for === 'image') {
    return <Note tone="calm">Choose an image, and “{status.expression}” is looked for in it at once.</Note>;
  }
  if (status.phase === 'failed') {
    const { error, expression } = status;
    const badExpression = error.code === 'empty-expression' || error.code === 'long-expression';
    return (
      <Note
        tone={badExpression ? 'doubt' : 'bad'}
        actions={
          !badExpression && (
            <button
              type="button"
              className="button small"
              onClick={() => grounding.getState().ground(expression)}
            >
              Try again
            </button>
          )
        }
      >
        <strong>{error.message}</strong> {error.hint}
      </Note>
    );
  }
  if (status.phase !== 'idle' || !shown) return null;
  const model = modelStatus.phase === 'ready' ? modelStatus.model : null;
  const doubtful = doubts(shown, model);
  return doubtful.length > 0 && <Note tone="doubt">{doubtful.join(' ')}</Note>;
}

/** Stays for as long as the picture has an answer, whichever it is, until it is dismissed. */
function DrawingsNote() {
  const { image: store } = useAppState();
  const page = usePage();
  const image = useImage((state) => state.image);
  const dismissed = useImage((state) => state.noteDismissed);
  const shown = useGrounding((state) => state.shown);
  const words = drawingsNote(image, shown, dismissed);
  if (!words) return null;
  return (
    <Note
      tone="doubt"
      actions={
        <>
          <button type="button" className="button small" onClick={page.toggleModels}>
            Use another model
          </button>
          <Dismiss onClick={() => store.getState().dismissNote()} />
        </>
      }
    >
      {words}
    </Note>
  );
}

export function DockNotes({ id }: { id: string }) {
  return (
    <div className="notes" id={id}>
      <ImageNote />
      <ModelNote />
      <GroundingNote />
      <DrawingsNote />
    </div>
  );
}
