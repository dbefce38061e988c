/** The search field: what to find, with the image button before it and the button that finds behind it. */
import { type FormEvent, type KeyboardEvent, type RefObject, useId, useRef } from 'react';
import { usePage } from '../page-context.tsx';
import { useAppState, useGrounding, useImage } from '../state-context.tsx';
import { ArrowIcon, ImageIcon, StopIcon } from '../ui/icons.tsx';
import { DockNotes } from './DockNotes.tsx';
import { Suggestions } from './Suggestions.tsx';

/** Up and down walk through what was asked before, as in a shell. */
function useRecall(): (event: KeyboardEvent<HTMLInputElement>) => void {
  const { grounding } = useAppState();
  const at = useRef(-1);
  return (event) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') {
      at.current = -1;
      return;
    }
    const { entries, setDraft } = grounding.getState();
    const next = Math.min(at.current + (event.key === 'ArrowUp' ? 1 : -1), entries.length - 1);
    if (next < -1 || entries.length === 0) return;
    event.preventDefault();
    at.current = next;
    setDraft(entries[next]?.expression ?? '');
  };
}

export function PromptBar({ input }: { input: RefObject<HTMLInputElement | null> }) {
  const { grounding } = useAppState();
  const page = usePage();
  const draft = useGrounding((state) => state.draft);
  const phase = useGrounding((state) => state.status.phase);
  const example = useImage((state) => state.image?.suggestions[0]) ?? 'the left dog';
  const onRecall = useRecall();
  const notesId = useId();
  const busy = phase === 'working' || phase === 'waiting';

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    grounding.getState().ground(draft);
  };

  return (
    <div className="dock">
      <Suggestions />
      <DockNotes id={notesId} />
      <search>
        <form className="prompt" onSubmit={submit} data-phase={phase}>
          <button
            type="button"
            className="icon-button"
            aria-label="Choose an image"
            title="Choose an image (O)"
            onClick={page.pickFile}
          >
            <ImageIcon />
          </button>
          <input
            ref={input}
            type="text"
            name="expression"
            aria-label="What to find"
            aria-describedby={notesId}
            aria-invalid={phase === 'failed'}
            placeholder={`Which one? For example “${example}”`}
            enterKeyHint="search"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={draft}
            onChange={(event) => {
              const composing = (event.nativeEvent as InputEvent).isComposing;
              grounding.getState().setDraft(event.target.value, composing);
            }}
            onCompositionEnd={(event) => grounding.getState().setDraft(event.currentTarget.value)}
            onKeyDown={onRecall}
          />
          {busy ? (
            <button
              type="button"
              className="icon-button go busy"
              aria-label="Stop"
              title="Stop (Esc)"
              onClick={(event) => {
                // React makes the submit button of this very element, before the browser asks what a click on it does.
                event.preventDefault();
                grounding.getState().cancel();
              }}
            >
              <StopIcon />
            </button>
          ) : (
            <button type="submit" className="icon-button go" aria-label="Find" title="Find (Enter)">
              <ArrowIcon />
            </button>
          )}
        </form>
      </search>
    </div>
  );
}
