// What one version of the page consists of, as the build found it: written into the service worker's first line by
// `scripts/precache.ts`, which is run on every folder that is served.

/**
 * What a file belongs to. `shell`: everything the page shows without a model. `runtime:…`: a build of ONNX Runtime.
 * `model`: what every precision of the bundled model needs; `model:…`: one precision.
 */
export type PrecacheGroup = 'shell' | `runtime:${string}` | 'model' | `model:${string}`;

export interface PrecacheEntry {
  /** Relative to the service worker's scope. */
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Wanted where any of these is. */
  readonly groups: readonly PrecacheGroup[];
  /** A file of a bundle, which the grounding worker reads from the bundles' cache by its hash. */
  readonly bundle?: true;
}

export interface PrecacheList {
  /** Changes with any of the files and with the service worker's own code. */
  readonly version: string;
  readonly entries: readonly PrecacheEntry[];
}
