/**
 * What a person can do, as an object: buttons, keyboard, help and palette are all made of these. This file says what a
 * command is and what it may reach for; each feature has a list of its own, and `commands.ts` joins them.
 */
import type { AppState } from '../state/app-state.ts';

/** Parts of the page that commands reach for. */
export interface PageHandles {
  focusPrompt(): void;
  pickFile(): void;
  toggleHelp(): void;
  togglePalette(): void;
  toggleExport(): void;
  toggleModels(): void;
  /** Says it in the live region. */
  announce(text: string): void;
}

export interface CommandContext {
  readonly state: AppState;
  readonly page: PageHandles;
}

/** In the order in which help and palette show them. */
export const GROUPS = [
  'Image',
  'Find',
  'Edit',
  'View',
  'Attention',
  'Ground truth',
  'Export',
  'Model',
  'Page',
] as const;
export type CommandGroup = (typeof GROUPS)[number];

export interface Command {
  /** Unique, in kebab case. */
  readonly name: string;
  /** In the imperative, as on a button: "Copy the coordinates". */
  readonly label: string;
  readonly group: CommandGroup;
  /**
   * Modifiers and a `KeyboardEvent.key`, letters as capitals: "H", "+", "ArrowLeft", "Ctrl+Shift+Z". Ctrl stands for
   * the Command key on a Mac.
   */
  readonly shortcut?: string;
  /** Further shortcuts; not shown on buttons. */
  readonly also?: readonly string[];
  /** Other words under which somebody may look for it. */
  readonly keywords?: string;
  /** True: its shortcut works while text is being written as well. */
  readonly inText?: boolean;
  /** Left out: always. */
  readonly enabled?: (state: AppState) => boolean;
  /** Why it is not enabled, for when it is not: "Find something first". */
  readonly reason?: string;
  /** For what is on or off. */
  readonly checked?: (state: AppState) => boolean;
  run(context: CommandContext): void | Promise<void>;
}

export type CommandList = Readonly<Record<string, Command>>;

export const isEnabled = (command: Command, state: AppState): boolean => command.enabled?.(state) ?? true;

export const hasImage = (state: AppState): boolean => state.image.getState().image !== null;
export const hasResult = (state: AppState): boolean => state.grounding.getState().shown !== null;

/** The reasons that recur. */
export const NEEDS_IMAGE = 'Choose an image first';
export const NEEDS_RESULT = 'Find something first';
