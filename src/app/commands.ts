/**
 * What a person can do, as objects: the keyboard, the buttons and the help table all read this one list.
 */
import type { AppState } from '../state/app-state.ts';
import { boxText } from './words.ts';

/** Parts of the page that commands reach for. */
export interface PageHandles {
  focusPrompt(): void;
  pickFile(): void;
  toggleHelp(): void;
  /** Says it in the live region. */
  announce(text: string): void;
}

export interface CommandContext {
  readonly state: AppState;
  readonly page: PageHandles;
}

export interface Command {
  readonly name: string;
  readonly label: string;
  /** `KeyboardEvent.key`, as it is shown too. */
  readonly key: string;
  /** True: works while text is being written as well. */
  readonly inText?: boolean;
  readonly enabled?: (state: AppState) => boolean;
  run(context: CommandContext): void | Promise<void>;
}

const hasResult = (state: AppState): boolean => state.grounding.getState().shown !== null;

const OPACITY_STEP = 0.1;

function changeOpacity(state: AppState, by: number): void {
  const { heatMapOpacity, set } = state.settings.getState();
  const next = Math.round((heatMapOpacity + by) * 10) / 10;
  set({ heatMapVisible: true, heatMapOpacity: Math.min(1, Math.max(0, next)) });
}

/** Puts the shown box on the clipboard; false where the browser forbids that. */
export async function copyBox(state: AppState): Promise<boolean> {
  const { shown } = state.grounding.getState();
  const { image } = state.image.getState();
  if (!shown || !image) return false;
  try {
    await navigator.clipboard.writeText(boxText(shown.box, image));
    return true;
  } catch {
    return false;
  }
}

export const COMMANDS = {
  focusPrompt: {
    name: 'focus-prompt',
    label: 'Write what to find',
    key: '/',
    run: ({ page }) => page.focusPrompt(),
  },
  pickFile: {
    name: 'pick-file',
    label: 'Choose an image',
    key: 'o',
    run: ({ page }) => page.pickFile(),
  },
  toggleHeatMap: {
    name: 'toggle-heat-map',
    label: 'Show or hide the heat map',
    key: 'h',
    enabled: hasResult,
    run: ({ state }) => {
      const { heatMapVisible, set } = state.settings.getState();
      set({ heatMapVisible: !heatMapVisible });
    },
  },
  fainter: {
    name: 'heat-map-fainter',
    label: 'Heat map fainter',
    key: '[',
    enabled: hasResult,
    run: ({ state }) => changeOpacity(state, -OPACITY_STEP),
  },
  stronger: {
    name: 'heat-map-stronger',
    label: 'Heat map stronger',
    key: ']',
    enabled: hasResult,
    run: ({ state }) => changeOpacity(state, OPACITY_STEP),
  },
  copyBox: {
    name: 'copy-box',
    label: 'Copy the coordinates',
    key: 'c',
    enabled: hasResult,
    run: async ({ state, page }) => {
      const copied = await copyBox(state);
      page.announce(copied ? 'Coordinates copied.' : 'The browser did not allow copying.');
    },
  },
  escape: {
    name: 'escape',
    label: 'Stop, or leave the prompt',
    key: 'Escape',
    inText: true,
    run: ({ state }) => {
      const { phase } = state.grounding.getState().status;
      if (phase !== 'idle') state.grounding.getState().cancel();
      else if (state.image.getState().error) state.image.getState().dismissError();
      else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    },
  },
  help: {
    name: 'help',
    label: 'This help',
    key: '?',
    run: ({ page }) => page.toggleHelp(),
  },
} as const satisfies Record<string, Command>;

export const ALL_COMMANDS: readonly Command[] = Object.values(COMMANDS);

/** The command for a key press, or null where it is none: modified, in a text field, or switched off. */
export function commandFor(
  press: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean },
  inText: boolean,
  letterShortcuts: boolean,
): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const command = ALL_COMMANDS.find((candidate) => candidate.key === key);
  if (!command || (inText && !command.inText)) return null;
  return letterShortcuts || command.key.length > 1 ? command : null;
}
