/** Hands the page's own handles (prompt, file picker, help, live region) to whichever component needs one. */
import { createContext, useContext } from 'react';
import type { Command, PageHandles } from './commands.ts';
import { useAppState } from './state-context.tsx';

export const PageContext = createContext<PageHandles | null>(null);

export function usePage(): PageHandles {
  const page = useContext(PageContext);
  if (!page) throw new Error('PageContext is missing above this component');
  return page;
}

/** A function that runs a command. */
export function useCommand(command: Command): () => void {
  const state = useAppState();
  const page = usePage();
  return () => void command.run({ state, page });
}
