/**
 * What the page and the service worker say to each other: one question a message channel, answered on its port by
 * exactly one final reply. Types alone.
 */
import type { PrecacheGroup } from './precache-list.ts';

export type { PrecacheGroup };

export type OfflineRequest =
  /** Which files the groups have. Reply: `plan`. */
  | { readonly kind: 'plan'; readonly groups: readonly PrecacheGroup[] }
  /** Fetch, check and keep one file; nothing is fetched where it is kept already. Reply: `saved`; before it, `progress`. */
  | { readonly kind: 'save'; readonly path: string }
  /** Everything of these groups is kept: a newer version is to have them too. Reply: `kept`. */
  | { readonly kind: 'keep'; readonly groups: readonly PrecacheGroup[] }
  /** How many tabs run on this version or an older one. Reply: `tabs`. */
  | { readonly kind: 'tabs' }
  /** To a version that waits: take over now. Reply: `taking-over`. */
  | { readonly kind: 'take-over' };

export interface PlannedFile {
  readonly path: string;
  readonly bytes: number;
  readonly groups: readonly PrecacheGroup[];
  readonly saved: boolean;
}

export type OfflineReply =
  | { readonly kind: 'plan'; readonly version: string; readonly files: readonly PlannedFile[] }
  | { readonly kind: 'saved' }
  | { readonly kind: 'kept' }
  | { readonly kind: 'tabs'; readonly count: number }
  | { readonly kind: 'taking-over' }
  | { readonly kind: 'failed'; readonly message: string };

/** Bytes of the file that have come so far, decoded. */
export interface SaveProgress {
  readonly kind: 'progress';
  readonly bytes: number;
}

export type OfflineMessage = OfflineReply | SaveProgress;
