/**
 * Looks over a finished value for what would trap someone who walks it: a value that contains itself,
 * nesting too deep, or sharing that unfolds without end. It walks without recursion, once, however
 * much is shared.
 */

import { TorchFileError } from './errors.ts';
import { MAX_DEPTH, MAX_UNFOLDED_VALUES } from './limits.ts';
import { NumpyArray } from './numpy.ts';
import { kindOf, PyNamespace, PyTuple, type TorchValue } from './values.ts';

interface Walked {
  /** Levels of containers from here down. */
  height: number;
  /** Values from here down, a shared one counted at each of its places. */
  values: number;
}

interface Frame extends Walked {
  readonly container: TorchValue;
  readonly children: Iterator<TorchValue>;
}

/**
 * @param shared every value that may be reached from two places; all cycles pass through one of them.
 * @throws TorchFileError `cyclic`, `too-deep`, `too-large`
 */
export function checkStructure(root: TorchValue, shared: ReadonlySet<TorchValue>): void {
  const open = new Set<TorchValue>();
  const done = new Map<TorchValue, Walked>();
  const frames: Frame[] = [];

  const enter = (value: TorchValue, children: Iterator<TorchValue>) => {
    if (shared.has(value)) {
      if (open.has(value))
        throw new TorchFileError('cyclic', `The file holds ${kindOf(value)} that contains itself.`);
      open.add(value);
    }
    frames.push({ container: value, children, height: 1, values: 1 });
    if (frames.length > MAX_DEPTH) throw tooDeep();
  };

  const first = childrenOf(root);
  if (first) enter(root, first);
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const next = frame.children.next();
    if (next.done) {
      frames.pop();
      if (shared.has(frame.container)) {
        open.delete(frame.container);
        done.set(frame.container, { height: frame.height, values: frame.values });
      }
      const parent = frames.at(-1);
      if (parent) addChild(parent, frame, frames.length);
      continue;
    }
    const known = done.get(next.value);
    const children = known ? undefined : childrenOf(next.value);
    if (known) addChild(frame, known, frames.length);
    else if (children) enter(next.value, children);
    else frame.values++;
  }
}

function addChild(parent: Walked, child: Walked, depth: number): void {
  parent.height = Math.max(parent.height, child.height + 1);
  parent.values += child.values;
  if (depth + child.height > MAX_DEPTH) throw tooDeep();
  if (parent.values > MAX_UNFOLDED_VALUES) {
    throw new TorchFileError('too-large', `Followed everywhere, the file's references give too many values.`);
  }
}

function tooDeep(): TorchFileError {
  return new TorchFileError('too-deep', `The file nests values more than ${MAX_DEPTH} deep.`);
}

/** What a value contains directly, or undefined for a value that is no container. */
export function childrenOf(value: TorchValue): IterableIterator<TorchValue> | undefined {
  if (Array.isArray(value) || value instanceof Set) return value.values();
  if (value instanceof PyTuple) return value.items.values();
  if (value instanceof Map) return entriesOf(value);
  if (value instanceof PyNamespace) return value.fields.values();
  if (value instanceof NumpyArray && Array.isArray(value.data)) return value.data.values();
  return undefined;
}

function* entriesOf(dict: Map<TorchValue, TorchValue>): IterableIterator<TorchValue> {
  for (const [key, value] of dict) {
    yield key;
    yield value;
  }
}
