/** The thin binding between the stores, which know nothing of React, and the components. */
import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import type { AppState } from '../state/app-state.ts';
import type { AttentionState } from '../state/attention-store.ts';
import type { GroundTruthState } from '../state/ground-truth-store.ts';
import type { GroundingState } from '../state/grounding-store.ts';
import type { HistoryState } from '../state/history-store.ts';
import type { ImageState } from '../state/image-store.ts';
import type { ModelState } from '../state/model-store.ts';
import type { OfflineState } from '../state/offline/offline-store.ts';
import type { SettingsState } from '../state/settings-store.ts';
import type { ViewState } from '../state/view-store.ts';

const Context = createContext<AppState | null>(null);

export function AppStateProvider({ state, children }: { state: AppState; children: ReactNode }) {
  return <Context value={state}>{children}</Context>;
}

export function useAppState(): AppState {
  const state = useContext(Context);
  if (!state) throw new Error('AppStateProvider is missing above this component');
  return state;
}

export const useAttention = <T,>(select: (state: AttentionState) => T): T =>
  useStore(useAppState().attention, select);

export const useGrounding = <T,>(select: (state: GroundingState) => T): T =>
  useStore(useAppState().grounding, select);

export const useGroundTruth = <T,>(select: (state: GroundTruthState) => T): T =>
  useStore(useAppState().groundTruth, select);

export const useImage = <T,>(select: (state: ImageState) => T): T => useStore(useAppState().image, select);

export const useModel = <T,>(select: (state: ModelState) => T): T => useStore(useAppState().model, select);

export const useOffline = <T,>(select: (state: OfflineState) => T): T =>
  useStore(useAppState().offline, select);

export const useSettings = <T,>(select: (state: SettingsState) => T): T =>
  useStore(useAppState().settings, select);

export const useHistory = <T,>(select: (state: HistoryState) => T): T =>
  useStore(useAppState().history, select);

export const useView = <T,>(select: (state: ViewState) => T): T => useStore(useAppState().view, select);

export const useSamples = () => useStore(useAppState().samples, (state) => state.samples);
