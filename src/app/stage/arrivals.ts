/** Images that arrive by drop or paste, anywhere on the page. */
import { useEffect, useState } from 'react';
import type { AppState } from '../../state/app-state.ts';
import { ImageFileError } from '../../state/image/errors.ts';
import type { PageHandles } from '../command.ts';

function openFirst(state: AppState, page: PageHandles, files: ArrayLike<File>): boolean {
  const all = Array.from(files);
  // Of several things dropped together, the picture is meant.
  const file = all.find(({ type }) => type.startsWith('image/')) ?? all[0];
  if (!file) return false;
  const name = file.name || 'The pasted image';
  void state.image.getState().open(file, name);
  if (all.length > 1) page.announce(`${all.length} files came; ${name} is taken.`);
  return true;
}

export const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('textarea, select, input:not([type=range], [type=checkbox], [type=radio])'));

/** Listens for as long as the component lives. True while something is dragged over the page. */
export function useArrivals(state: AppState, page: PageHandles): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const carries = (event: DragEvent): boolean => {
      const types = event.dataTransfer?.types ?? [];
      return types.includes('Files') || types.includes('text/uri-list');
    };
    addEventListener(
      'dragover',
      (event) => {
        if (!carries(event)) return;
        event.preventDefault();
        if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
        setDragging(true);
      },
      { signal },
    );
    addEventListener(
      'dragleave',
      (event) => {
        // Leaving for no other element is leaving the window.
        if (event.relatedTarget === null) setDragging(false);
      },
      { signal },
    );
    addEventListener(
      'drop',
      (event) => {
        setDragging(false);
        if (!carries(event)) return;
        event.preventDefault();
        if (openFirst(state, page, event.dataTransfer?.files ?? [])) return;
        state.image
          .getState()
          .refuse(
            new ImageFileError(
              'not-an-image',
              'What was dropped is a link and not a file, and this page fetches nothing from elsewhere.',
              'Save the picture first and drop the file, or copy the picture and paste it.',
            ),
          );
      },
      { signal },
    );
    addEventListener(
      'paste',
      (event) => {
        if (openFirst(state, page, event.clipboardData?.files ?? [])) {
          event.preventDefault();
          return;
        }
        if (isTextField(event.target)) return;
        const text = event.clipboardData?.getData('text/plain').trim();
        if (!text) return;
        event.preventDefault();
        state.grounding.getState().setDraft(text);
        page.focusPrompt();
      },
      { signal },
    );
    return () => listening.abort();
  }, [state, page]);
  return dragging;
}
