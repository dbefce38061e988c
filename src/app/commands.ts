/** The commands of the page itself, and all of them joined: the one list that keyboard, help and palette read. */
import type { AppState } from '../state/app-state.ts';
import type { Theme } from '../state/settings-store.ts';
import { ATTENTION_COMMANDS } from './attention/commands.ts';
import { type Command, type CommandList, hasImage, hasResult, NEEDS_IMAGE, NEEDS_RESULT } from './command.ts';
import { EXPORT_COMMANDS } from './export/commands.ts';
import { TRUTH_COMMANDS } from './ground-truth/commands.ts';
import { HISTORY_COMMANDS } from './history/commands.ts';
import { OFFLINE_COMMANDS } from './offline/commands.ts';
import { STAGE_COMMANDS } from './stage/commands.ts';
import { boxText } from './words.ts';

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

function theme(name: string, label: string, value: Theme): Command {
  return {
    name,
    label,
    group: 'Page',
    keywords: 'theme colours mode appearance',
    checked: (state) => state.settings.getState().theme === value,
    run: ({ state }) => state.settings.getState().set({ theme: value }),
  };
}

export const COMMANDS = {
  pickFile: {
    name: 'pick-file',
    label: 'Choose an image',
    group: 'Image',
    shortcut: 'O',
    keywords: 'open file upload picture photo',
    run: ({ page }) => page.pickFile(),
  },
  startOver: {
    name: 'start-over',
    label: 'Start over without an image',
    group: 'Image',
    keywords: 'close clear home samples',
    enabled: hasImage,
    reason: NEEDS_IMAGE,
    run: ({ state }) => state.image.getState().clear(),
  },
  focusPrompt: {
    name: 'focus-prompt',
    label: 'Write what to find',
    group: 'Find',
    shortcut: '/',
    keywords: 'prompt expression search type',
    run: ({ page }) => page.focusPrompt(),
  },
  escape: {
    name: 'escape',
    label: 'Stop, or leave the prompt',
    group: 'Find',
    shortcut: 'Escape',
    keywords: 'cancel',
    inText: true,
    run: ({ state }) => {
      const { phase } = state.grounding.getState().status;
      if (phase !== 'idle') state.grounding.getState().cancel();
      else if (state.groundTruth.getState().drawing) state.groundTruth.getState().setDrawing(false);
      else if (state.image.getState().error) state.image.getState().dismissError();
      else if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    },
  },
  copyBox: {
    name: 'copy-box',
    label: 'Copy the coordinates',
    group: 'Find',
    shortcut: 'C',
    keywords: 'clipboard box result pixels',
    enabled: hasResult,
    reason: NEEDS_RESULT,
    run: async ({ state, page }) => {
      const copied = await copyBox(state);
      page.announce(copied ? 'Coordinates copied.' : 'The browser did not allow copying.');
    },
  },
  toggleHeatMap: {
    name: 'toggle-heat-map',
    label: 'Show the heat map',
    group: 'Attention',
    shortcut: 'H',
    keywords: 'hide attention overlay',
    enabled: hasResult,
    reason: NEEDS_RESULT,
    checked: (state) => state.settings.getState().heatMapVisible,
    run: ({ state }) => {
      const { heatMapVisible, set } = state.settings.getState();
      set({ heatMapVisible: !heatMapVisible });
    },
  },
  fainter: {
    name: 'heat-map-fainter',
    label: 'Make the heat map fainter',
    group: 'Attention',
    shortcut: '[',
    keywords: 'opacity',
    enabled: hasResult,
    reason: NEEDS_RESULT,
    run: ({ state }) => changeOpacity(state, -OPACITY_STEP),
  },
  stronger: {
    name: 'heat-map-stronger',
    label: 'Make the heat map stronger',
    group: 'Attention',
    shortcut: ']',
    keywords: 'opacity',
    enabled: hasResult,
    reason: NEEDS_RESULT,
    run: ({ state }) => changeOpacity(state, OPACITY_STEP),
  },
  palette: {
    name: 'palette',
    label: 'All commands',
    group: 'Page',
    shortcut: 'Ctrl+K',
    keywords: 'palette search menu',
    inText: true,
    run: ({ page }) => page.togglePalette(),
  },
  help: {
    name: 'help',
    label: 'Help',
    group: 'Page',
    shortcut: '?',
    keywords: 'keys shortcuts how it works',
    run: ({ page }) => page.toggleHelp(),
  },
  models: {
    name: 'models',
    label: 'Use another model',
    group: 'Model',
    keywords: 'checkpoint convert bundle full-size photographs own',
    run: ({ page }) => page.toggleModels(),
  },
  lightTheme: theme('theme-light', 'Light colours', 'light'),
  darkTheme: theme('theme-dark', 'Dark colours', 'dark'),
  systemTheme: theme('theme-system', 'Colours as the system has them', 'auto'),
} as const satisfies CommandList;

export const ALL_COMMANDS: readonly Command[] = [
  COMMANDS,
  HISTORY_COMMANDS,
  STAGE_COMMANDS,
  ATTENTION_COMMANDS,
  TRUTH_COMMANDS,
  EXPORT_COMMANDS,
  OFFLINE_COMMANDS,
].flatMap((list: CommandList) => Object.values(list));
