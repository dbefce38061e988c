// What one run gave to several: outputs of a graph that groundings share, freed when the last holder lets go of them.

import type { InferenceSession } from 'onnxruntime-common';
import { disposeAll } from './session.ts';

/** A graph's outputs by name. */
export type Outputs = InferenceSession.OnnxValueMapType;

export class SharedOutputs {
  readonly outputs: Outputs;
  #holders = 1;

  /** Held by its maker. */
  constructor(outputs: Outputs) {
    this.outputs = outputs;
  }

  hold(): SharedOutputs {
    this.#holders++;
    return this;
  }

  /** To be called once by each holder. */
  letGo(): void {
    this.#holders--;
    if (this.#holders === 0) disposeAll(Object.values(this.outputs));
  }
}
