/** What is shown, as a file: a picture, a figure for a paper, or the numbers; looked at before it is saved or copied. */
import { useEffect, useId, useRef, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { useAppState, useGrounding } from '../state-context.tsx';
import { Dialog, DialogHead } from '../ui/Dialog.tsx';
import { CheckIcon, CopyIcon, SaveIcon, WarnIcon } from '../ui/icons.tsx';
import { copy, nameOf, type Outcome, save } from './actions.ts';
import { facts } from './data.ts';
import {
  dataInput,
  drawingOf,
  type ExportFormat,
  type ExportKind,
  FIGURE_SCALE,
  picturesOf,
  shownContent,
} from './files.ts';
import { drawOn } from './to-canvas.ts';

const KINDS: readonly {
  readonly kind: ExportKind;
  readonly label: string;
  readonly about: string;
  readonly formats: readonly ExportFormat[];
}[] = [
  {
    kind: 'picture',
    label: 'Picture',
    about: 'What the stage shows, at the resolution of the image.',
    formats: ['png'],
  },
  {
    kind: 'figure',
    label: 'Figure',
    about:
      'For a paper or a talk: prediction in cyan, ground truth in lime, the heat map with its colour bar.',
    formats: ['png', 'svg'],
  },
  {
    kind: 'data',
    label: 'Data',
    about: 'Box, settings, times and every number that was read of the network.',
    formats: ['json'],
  },
];

/** CSS pixels of the longer side of a preview, at most. */
const PREVIEW = 560;

/** The drawing, small; returns its size in full in words. */
function Preview({ kind }: { kind: 'picture' | 'figure' }) {
  const state = useAppState();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState('');
  useEffect(() => {
    const on = canvas.current;
    const { image } = state.image.getState();
    if (!on || !image) return;
    const content = shownContent(state);
    const drawing = drawingOf(kind, content);
    const fit = Math.min(1, PREVIEW / drawing.width, PREVIEW / drawing.height);
    drawOn(on, drawing, picturesOf(image.bitmap, content), fit * devicePixelRatio);
    const scale = kind === 'figure' ? FIGURE_SCALE : 1;
    setSize(`${Math.round(drawing.width * scale)} × ${Math.round(drawing.height * scale)} pixels`);
  }, [kind, state]);
  return (
    <>
      <div className="export-preview">
        <canvas ref={canvas} role="img" aria-label={`Preview of the ${kind}`} />
      </div>
      <p className="quiet export-size">{size}</p>
    </>
  );
}

function DataPreview() {
  const state = useAppState();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <pre className="export-preview export-data" tabIndex={0}>
      {JSON.stringify(facts(dataInput(state)), null, 2)}
    </pre>
  );
}

function Body({ onClose }: { onClose: () => void }) {
  const id = useId();
  const state = useAppState();
  const page = usePage();
  const shownKey = useGrounding((current) => current.shown?.key);
  const [kind, setKind] = useState<ExportKind>('picture');
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const chosen = KINDS.find((each) => each.kind === kind) ?? KINDS[0];
  if (!chosen || shownKey === undefined) return null;
  const act = async (doing: Promise<Outcome>): Promise<void> => {
    setBusy(true);
    setOutcome(null);
    const came = await doing;
    setOutcome(came);
    setBusy(false);
    page.announce(came.words);
  };
  return (
    <div className="dialog-body">
      <DialogHead id="export-heading" title="Export" onClose={onClose} />
      <fieldset className="segments">
        <legend className="visually-hidden">What to export</legend>
        {KINDS.map((each) => (
          <label key={each.kind}>
            <input
              type="radio"
              name={id}
              checked={kind === each.kind}
              onChange={() => {
                setKind(each.kind);
                setOutcome(null);
              }}
            />
            <span>{each.label}</span>
          </label>
        ))}
      </fieldset>
      <p className="quiet">{chosen.about}</p>
      {kind === 'data' ? <DataPreview /> : <Preview key={`${kind} ${shownKey}`} kind={kind} />}
      <div className="export-actions">
        <p className="export-outcome" data-done={outcome?.done}>
          {outcome ? (
            <>
              {outcome.done ? <CheckIcon /> : <WarnIcon />}
              <span>{outcome.words}</span>
            </>
          ) : (
            <span className="quiet">{nameOf(state, kind, chosen.formats[0] ?? 'png')}</span>
          )}
        </p>
        <div className="export-buttons">
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() => void act(copy(state, kind))}
          >
            <CopyIcon />
            Copy
          </button>
          {chosen.formats.map((format, i) => (
            <button
              key={format}
              type="button"
              className={i === 0 ? 'button primary' : 'button'}
              disabled={busy}
              onClick={() => void act(save(state, kind, format))}
            >
              <SaveIcon />
              Save {format.toUpperCase()}
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}

export function ExportDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} className="export" labelledBy="export-heading">
      <Body onClose={onClose} />
    </Dialog>
  );
}
