// What the benchmark asks its workers in the browser, and what they answer. Types alone, for both their worlds.

import type { Activation, Precision } from '../../src/hivg/precision.ts';

export interface OpenRequest {
  readonly bundleUrl: string;
  readonly precision: Precision;
  readonly threads: number;
}

/** One graph that is a network by itself, at `url` with its weights beside it, and what to feed it. */
export interface ExportRequest {
  readonly url: string;
  /** The model, then its weights. */
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: 'float32' | 'bool' | 'int64';
    readonly shape: readonly number[];
    /** Its values where they matter: the words. */
    readonly fill: string | readonly number[];
  }[];
  readonly threads: number;
  /** A bundle whose manifest the app's runtime asks for; nothing of it is run. */
  readonly bundleUrl: string;
}

/** Milliseconds; `text` is null where the text graph does not run on the provider. */
export interface RunReply {
  readonly text: number | null;
  readonly patches: number;
  readonly image: number;
}

export interface GpuOpenRequest {
  readonly bundleUrl: string;
  readonly precision: Precision;
  readonly activation: Activation;
  readonly capture: boolean;
}

/** `gpu`: null where there is none, or one that a processor imitates. */
export interface GpuReply {
  readonly gpu: { readonly name: string; readonly float16: boolean } | null;
  /** Milliseconds: text, patches and image graph until the device is done, and reading box, logit and [REG]'s rows. */
  readonly text?: number;
  readonly patches?: number;
  readonly image?: number;
  readonly readBack?: number;
}
