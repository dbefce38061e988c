/** The one screen: a bar on top, the stage, the prompt, and beside them the panel once there is an image. */
import { type CSSProperties, useEffect, useMemo, useRef, useState } from 'react';
import { LiveRegion } from './announce/LiveRegion.tsx';
import { commandFor, type PageHandles } from './commands.ts';
import { HelpDialog } from './help/HelpDialog.tsx';
import { PageContext } from './page-context.tsx';
import { Panel } from './panel/Panel.tsx';
import { PromptBar } from './prompt/PromptBar.tsx';
import { isTextField, useArrivals } from './stage/arrivals.ts';
import { DropOverlay } from './stage/DropOverlay.tsx';
import { EmptyStage } from './stage/EmptyStage.tsx';
import { ImageStage } from './stage/ImageStage.tsx';
import { useAppState, useImage } from './state-context.tsx';
import { StatusChip } from './status/StatusChip.tsx';
import { ThemeButton } from './status/ThemeButton.tsx';
import { HelpIcon, Mark } from './ui/icons.tsx';

function useShortcuts(page: PageHandles): void {
  const state = useAppState();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      // A dialog or an open popover has its own Escape.
      if (document.querySelector('dialog[open], [popover]:popover-open')) return;
      const command = commandFor(event, isTextField(event.target), state.settings.getState().letterShortcuts);
      if (!command || command.enabled?.(state) === false) return;
      event.preventDefault();
      void command.run({ state, page });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [state, page]);
}

export function App() {
  const state = useAppState();
  const image = useImage((current) => current.image);
  const opening = useImage((current) => current.opening);
  const prompt = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const help = useRef<HTMLDialogElement>(null);
  const [said, setSaid] = useState('');
  const page = useMemo<PageHandles>(
    () => ({
      focusPrompt: () => prompt.current?.focus(),
      pickFile: () => picker.current?.click(),
      toggleHelp: () => (help.current?.open ? help.current.close() : help.current?.showModal()),
      announce: setSaid,
    }),
    [],
  );
  useShortcuts(page);
  const dragging = useArrivals(state, page);

  // Who has just chosen an image goes on to write; on a touch screen the keyboard would cover it.
  const imageKey = image?.key;
  useEffect(() => {
    if (imageKey !== undefined && matchMedia('(pointer: fine)').matches) prompt.current?.focus();
  }, [imageKey]);

  return (
    <PageContext value={page}>
      <div className="app" data-has-image={image !== null}>
        <header className="topbar">
          <button
            type="button"
            className="brand"
            title="Back to the start"
            onClick={() => state.image.getState().clear()}
          >
            <Mark />
            <span>HiVG</span>
          </button>
          <div className="topbar-end">
            <StatusChip />
            <ThemeButton />
            <button
              type="button"
              className="icon-button"
              aria-label="Help"
              title="Help (?)"
              onClick={page.toggleHelp}
            >
              <HelpIcon />
            </button>
          </div>
        </header>
        <main className="main">
          <div
            className="stage"
            aria-busy={opening !== null}
            style={{ '--ratio': image ? image.width / image.height : 1 } as CSSProperties}
          >
            {image && <h1 className="visually-hidden">HiVG: {image.name}</h1>}
            {image ? <ImageStage image={image} /> : <EmptyStage />}
            {image && opening !== null && <p className="opening">Opening {opening}…</p>}
          </div>
          <PromptBar input={prompt} />
        </main>
        {image && <Panel image={image} />}
      </div>
      <input
        ref={picker}
        type="file"
        accept="image/*"
        hidden
        aria-label="Image file"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) void state.image.getState().open(file, file.name);
          // The same file can be chosen again.
          event.target.value = '';
        }}
      />
      <DropOverlay visible={dragging} />
      <HelpDialog dialog={help} />
      <LiveRegion state={state} extra={said} />
    </PageContext>
  );
}
