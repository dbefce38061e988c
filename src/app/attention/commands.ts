/** What can be done with maps, as commands: for buttons, keys, help and palette. */
import type { MapChoice, MapSource } from '../../grounding/maps.ts';
import type { AppState } from '../../state/app-state.ts';
import { COLOUR_MAPS, type ColourMap } from '../../state/settings-store.ts';
import { type Command, type CommandList, hasResult, NEEDS_RESULT } from '../command.ts';
import {
  firstOf,
  headOptions,
  isLayered,
  type LayeredChoice,
  layerOptions,
  sameChoice,
  stepped,
  withHead,
  withLayer,
} from './choices.ts';
import { choiceTitle, sourceInfo } from './names.ts';
import { PATCH_CURSOR_ID } from './patch-cursor-id.ts';

type Toggle = 'heatMapGlow' | 'heatMapSmooth' | 'patchGrid' | 'paperFrame';

const result = { group: 'Attention', enabled: hasResult, reason: NEEDS_RESULT } as const;

function toggle(name: string, label: string, setting: Toggle, keywords: string, shortcut?: string): Command {
  return {
    ...result,
    name,
    label,
    keywords,
    ...(shortcut ? { shortcut } : {}),
    checked: (state) => state.settings.getState()[setting],
    run: ({ state }) => {
      const { set, ...settings } = state.settings.getState();
      set({ [setting]: !settings[setting], heatMapVisible: true });
    },
  };
}

function source(name: string, which: MapSource, keywords: string): Command {
  return {
    ...result,
    name,
    label: `Show: ${sourceInfo(which).name}`,
    keywords,
    checked: (state) => state.attention.getState().choice.source === which,
    run: ({ state }) => {
      const { shown } = state.grounding.getState();
      if (!shown) return;
      state.settings.getState().set({ heatMapVisible: true });
      state.attention.getState().choose(firstOf(shown.readings, which));
    },
  };
}

/** The shown map's choice, where it has layers and heads. */
function layered(state: AppState): LayeredChoice | null {
  const { choice } = state.attention.getState();
  return hasResult(state) && isLayered(choice) ? choice : null;
}

function step(
  name: string,
  label: string,
  shortcut: string,
  next: (state: AppState, choice: LayeredChoice) => MapChoice,
): Command {
  return {
    group: 'Attention',
    name,
    label,
    shortcut,
    enabled: (state) => layered(state) !== null,
    reason: 'This map has no layers and heads',
    run: ({ state, page }) => {
      const choice = layered(state);
      const { shown } = state.grounding.getState();
      if (!choice || !shown) return;
      const chosen = next(state, choice);
      state.attention.getState().choose(chosen);
      page.announce(choiceTitle(shown.readings, chosen));
    },
  };
}

const readingsOf = (state: AppState) => {
  const { shown } = state.grounding.getState();
  if (!shown) throw new Error('A step through layers is enabled only where something is shown.');
  return shown.readings;
};
const byLayers = (by: number) => (state: AppState, choice: LayeredChoice) =>
  withLayer(choice, stepped(layerOptions(readingsOf(state), choice), choice.layer, by));
const byHeads = (by: number) => (state: AppState, choice: LayeredChoice) =>
  withHead(choice, stepped(headOptions(readingsOf(state), choice), choice.head, by));

/** What to compare with until somebody says: the answer before, else what the image's own token looks at. */
export function firstComparison(state: AppState): MapChoice | string {
  const { shown, entries } = state.grounding.getState();
  const other = entries.find(({ key }) => key !== shown?.key);
  const { choice } = state.attention.getState();
  if (other && choice.source !== 'word') return other.key;
  if (!shown) return choice;
  const cls = firstOf(shown.readings, 'cls');
  return sameChoice(cls, choice) ? firstOf(shown.readings, 'reg') : cls;
}

function comparison(name: string, label: string, mode: 'side' | 'difference', shortcut: string): Command {
  return {
    ...result,
    name,
    label,
    shortcut,
    keywords: 'two maps expressions beside subtract',
    checked: (state) => state.attention.getState().compare?.mode === mode,
    run: ({ state }) => {
      const { compare, setCompare } = state.attention.getState();
      if (compare?.mode === mode) setCompare(null);
      else setCompare({ mode, with: compare?.with ?? firstComparison(state) });
    },
  };
}

function colours(map: ColourMap): Command {
  return {
    ...result,
    name: `colours-${map}`,
    label: `Colours: ${map}`,
    keywords: 'colour color map palette',
    checked: (state) => state.settings.getState().colourMap === map,
    run: ({ state }) => state.settings.getState().set({ colourMap: map }),
  };
}

export const ATTENTION_COMMANDS = {
  atlas: {
    ...result,
    name: 'atlas',
    label: 'All layers and heads',
    shortcut: 'A',
    keywords: 'atlas small multiples overview',
    run: ({ state }) => {
      const { atlas, setAtlas } = state.attention.getState();
      setAtlas(!atlas);
    },
  },
  reg: source('source-reg', 'reg', 'attention box token'),
  cls: source('source-cls', 'cls', 'attention image token vision'),
  words: source('source-words', 'word', 'attention bridge cross'),
  similarity: source('source-similarity', 'similarity', 'dense cosine'),
  mask: source('source-mask', 'mask', 'dense segmentation'),
  nextLayer: step('next-layer', 'Next layer', 'L', byLayers(1)),
  previousLayer: step('previous-layer', 'Previous layer', 'Shift+L', byLayers(-1)),
  nextHead: step('next-head', 'Next head', 'N', byHeads(1)),
  previousHead: step('previous-head', 'Previous head', 'Shift+N', byHeads(-1)),
  compareSide: comparison('compare-side', 'Compare side by side', 'side', 'B'),
  compareDifference: comparison('compare-difference', 'Compare as a difference', 'difference', 'D'),
  walk: {
    ...result,
    name: 'walk-patches',
    label: 'Go from patch to patch',
    shortcut: 'V',
    keywords: 'value cursor inspect number keyboard',
    run: () => document.getElementById(PATCH_CURSOR_ID)?.focus(),
  },
  glow: toggle(
    'glow',
    'Glow: clear where values are low',
    'heatMapGlow',
    'transparent full wash overlay alpha',
    'W',
  ),
  smooth: toggle('smooth', 'Smooth map', 'heatMapSmooth', 'bilinear nearest interpolation patches', 'S'),
  patchGrid: toggle('patch-grid', 'Patch grid', 'patchGrid', 'lines'),
  paperFrame: toggle('paper-frame', 'Paper frame', 'paperFrame', 'padding square letterbox figure'),
  nextColours: {
    ...result,
    name: 'next-colours',
    label: 'Next colour map',
    shortcut: 'M',
    keywords: 'viridis magma cividis greys',
    run: ({ state, page }) => {
      const { colourMap, set } = state.settings.getState();
      const next = COLOUR_MAPS[(COLOUR_MAPS.indexOf(colourMap) + 1) % COLOUR_MAPS.length] ?? colourMap;
      set({ colourMap: next });
      page.announce(`Colours: ${next}`);
    },
  },
  viridis: colours('viridis'),
  magma: colours('magma'),
  cividis: colours('cividis'),
  greys: colours('greys'),
} as const satisfies CommandList;
