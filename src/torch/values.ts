/**
 * What a file turns into: plain values and a few small classes. Nothing here behaves like its Python
 * namesake; a class of the file is only ever one of these, never code of its own.
 *
 * - int: `number`, or `bigint` beyond ±2^53; float: `number`; bytes, bytearray: `Uint8Array`
 * - list: array; tuple, torch.Size: `PyTuple`; dict, OrderedDict: `Map` in order; set, frozenset: `Set`
 * - A key of a `Map` that is a tuple or bytes is compared by identity, unlike Python's.
 */

import type { NumpyArray, NumpyDtype } from './numpy.ts';
import type { TorchStorage, TorchTensor } from './tensor.ts';

export type TorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | TorchTensor
  | TorchStorage
  | NumpyArray
  | NumpyDtype
  | PyTuple
  | PyNamespace
  | PyGlobal
  | TorchValue[]
  | Map<TorchValue, TorchValue>
  | Set<TorchValue>;

/** A tuple or a torch.Size. */
export class PyTuple {
  get kind(): 'tuple' {
    return 'tuple';
  }
  readonly items: readonly TorchValue[];
  constructor(items: readonly TorchValue[]) {
    this.items = items;
  }
}

/** An `argparse.Namespace`: the options a checkpoint was trained with, in order. */
export class PyNamespace {
  get kind(): 'namespace' {
    return 'namespace';
  }
  readonly fields: Map<string, TorchValue> = new Map();
}

/** A class, function or dtype of the allow-list that the file names without using it (`torch.float32`). */
export class PyGlobal {
  get kind(): 'global' {
    return 'global';
  }
  readonly module: string;
  readonly qualifiedName: string;
  constructor(module: string, qualifiedName: string) {
    this.module = module;
    this.qualifiedName = qualifiedName;
  }
  /** As Python prints it: `torch.FloatStorage`. */
  get fullName(): string {
    return `${this.module}.${this.qualifiedName}`;
  }
}

/** A name for a value's kind, for messages. */
export function kindOf(value: TorchValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Map) return 'a dict';
  if (value instanceof Set) return 'a set';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof PyGlobal) return value.fullName;
  if (typeof value === 'object') return `a ${value.kind}`;
  return `a ${typeof value}`;
}
