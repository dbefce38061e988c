/** What a pickle machine works on: a stack with marks in it, and a memo of values to come back to. */

import { malformedPickle, TorchFileError } from './errors.ts';
import { MAX_MEMO } from './limits.ts';
import type { TorchValue } from './values.ts';

/** Values above the last mark can be taken; everything below waits for the mark to be closed. */
export class PickleStack {
  readonly #values: TorchValue[] = [];
  /** Heights at which a mark stands. */
  readonly #marks: number[] = [];

  push(value: TorchValue): void {
    this.#values.push(value);
  }

  mark(): void {
    this.#marks.push(this.#values.length);
  }

  top(): TorchValue {
    this.#need(1);
    return this.#values.at(-1) as TorchValue;
  }

  pop(): TorchValue {
    this.#need(1);
    return this.#values.pop() as TorchValue;
  }

  /** The uppermost values, the deepest first. */
  popMany(count: number): TorchValue[] {
    this.#need(count);
    return this.#values.splice(this.#values.length - count);
  }

  /** Closes the last mark and gives the values above it. */
  popMark(): TorchValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw malformedPickle('it closes what it never opened');
    return this.#values.splice(height);
  }

  /** Forgets the uppermost value, or, as Python does, the mark if there is none above it. */
  drop(): void {
    if (this.#marks.at(-1) === this.#values.length) this.#marks.pop();
    else this.pop();
  }

  /** The one value that a whole pickle leaves. */
  last(): TorchValue {
    const value = this.pop();
    if (this.#values.length === 0 && this.#marks.length === 0) return value;
    throw malformedPickle('it ends with values left over');
  }

  #need(count: number): void {
    const free = this.#values.length - (this.#marks.at(-1) ?? 0);
    if (free < count) throw malformedPickle('it takes more than it gave');
  }
}

export class PickleMemo {
  readonly #values: TorchValue[] = [];
  #size = 0;

  /** Values remembered, which is also the index that protocol 4 gives the next one. */
  get size(): number {
    return this.#size;
  }

  put(index: number, value: TorchValue): void {
    if (index >= MAX_MEMO) {
      throw new TorchFileError('too-large', `The pickle remembers more than ${MAX_MEMO} values.`);
    }
    if (this.#values[index] === undefined) this.#size++;
    this.#values[index] = value;
  }

  get(index: number): TorchValue {
    const value = this.#values[index];
    if (value === undefined) throw malformedPickle(`it recalls value ${index}, which it never stored`);
    return value;
  }
}
