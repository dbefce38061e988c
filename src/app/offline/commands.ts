/** What can be done about the page itself: bring it up to date, install it. */
import type { CommandList } from '../command.ts';

export const OFFLINE_COMMANDS = {
  update: {
    name: 'update-page',
    label: 'Update the page',
    group: 'Page',
    keywords: 'version new reload offline',
    enabled: (state) => state.offline.getState().update?.otherTabs === 0,
    reason: 'No newer version is waiting, or other tabs still use this one',
    run: ({ state }) => state.offline.getState().takeUpdate(),
  },
  install: {
    name: 'install-page',
    label: 'Install as an app',
    group: 'Page',
    keywords: 'offline desktop home screen pwa',
    enabled: (state) => state.offline.getState().install !== null,
    reason: "Use the browser's own menu, if it has this",
    run: ({ state }) => state.offline.getState().install?.(),
  },
} as const satisfies CommandList;
