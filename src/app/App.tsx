/** The one screen: a bar on top, the stage, the prompt, and beside them the panel once there is an image. */
import { type CSSProperties, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { LiveRegion } from './announce/LiveRegion.tsx';
import { Atlas } from './attention/Atlas.tsx';
import { StagePanes } from './attention/StagePanes.tsx';
import { CommandButton } from './CommandButton.tsx';
import { isEnabled, type PageHandles } from './command.ts';
import { ALL_COMMANDS, COMMANDS } from './commands.ts';
import { EXPORT_COMMANDS } from './export/commands.ts';
import { ExportDialog } from './export/ExportDialog.tsx';
import { HelpDialog } from './help/HelpDialog.tsx';
import { UndoButtons } from './history/UndoButtons.tsx';
import { ModelsDialog } from './models/ModelsDialog.tsx';
import { OfflineStatus } from './offline/OfflineStatus.tsx';
import { PageContext } from './page-context.tsx';
import { Palette } from './palette/Palette.tsx';
import { Panel } from './panel/Panel.tsx';
import { PromptBar } from './prompt/PromptBar.tsx';
import { commandFor, type KeyPlace } from './shortcuts.ts';
import { isTextField, useArrivals } from './stage/arrivals.ts';
import { DropOverlay } from './stage/DropOverlay.tsx';
import { EmptyStage } from './stage/EmptyStage.tsx';
import { useAppState, useImage } from './state-context.tsx';
import { StatusChip } from './status/StatusChip.tsx';
import { ThemeButton } from './status/ThemeButton.tsx';
import { CommandIcon, ExportIcon, HelpIcon, Mark } from './ui/icons.tsx';

function placeOf(target: EventTarget | null): KeyPlace {
  if (isTextField(target)) return 'text';
  if (!(target instanceof Element) || target === document.body || target.closest('.image-stage'))
    return 'free';
  return 'control';
}

function useShortcuts(page: PageHandles): void {
  const state = useAppState();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      // A dialog or an open popover has its own Escape.
      if (document.querySelector('dialog[open], [popover]:popover-open')) return;
      const { letterShortcuts } = state.settings.getState();
      const command = commandFor(ALL_COMMANDS, event, placeOf(event.target), letterShortcuts);
      if (!command || !isEnabled(command, state)) return;
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
  const announcer = useRef<(text: string) => void>(null);
  const [helpOpen, setHelpOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [exportOpen, setExportOpen] = useState(false);
  const [modelsOpen, setModelsOpen] = useState(false);
  const page = useMemo<PageHandles>(
    () => ({
      focusPrompt: () => prompt.current?.focus(),
      pickFile: () => picker.current?.click(),
      toggleHelp: () => setHelpOpen((open) => !open),
      togglePalette: () => setPaletteOpen((open) => !open),
      toggleExport: () => setExportOpen((open) => !open),
      toggleModels: () => setModelsOpen((open) => !open),
      announce: (text) => announcer.current?.(text),
    }),
    [],
  );
  useShortcuts(page);
  const dragging = useArrivals(state, page);

  // A new image is shown from the page's top, or, chosen far down the gallery, it would be out of sight on a phone. Who
  // has chosen it goes on to write; on a touch screen the keyboard would cover it. One that comes back, by undo or from
  // the history, moves neither page nor focus: the next press may be undo again.
  const newestImage = useRef(0);
  const imageKey = image?.key ?? 0;
  useLayoutEffect(() => {
    if (imageKey <= newestImage.current) return;
    newestImage.current = imageKey;
    scrollTo({ top: 0, behavior: 'instant' });
    if (matchMedia('(pointer: fine)').matches) prompt.current?.focus();
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
            <OfflineStatus />
            <StatusChip />
            <UndoButtons />
            {image && (
              <CommandButton command={EXPORT_COMMANDS.open} className="icon-button">
                <ExportIcon />
              </CommandButton>
            )}
            <CommandButton command={COMMANDS.palette} className="icon-button">
              <CommandIcon />
            </CommandButton>
            <span className="topbar-more">
              <ThemeButton />
              <CommandButton command={COMMANDS.help} className="icon-button">
                <HelpIcon />
              </CommandButton>
            </span>
          </div>
        </header>
        <main className="main">
          <div
            className="stage"
            aria-busy={opening !== null}
            style={{ '--ratio': image ? image.width / image.height : 1 } as CSSProperties}
          >
            {image && <h1 className="visually-hidden">HiVG: {image.name}</h1>}
            {image ? <StagePanes image={image} /> : <EmptyStage />}
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
      {image && <Atlas image={image} />}
      <DropOverlay visible={dragging} />
      <ExportDialog open={exportOpen} onClose={() => setExportOpen(false)} />
      <HelpDialog open={helpOpen} onClose={() => setHelpOpen(false)} />
      <ModelsDialog open={modelsOpen} onClose={() => setModelsOpen(false)} />
      <Palette open={paletteOpen} onClose={() => setPaletteOpen(false)} />
      <LiveRegion announcer={announcer} />
    </PageContext>
  );
}
