/** Filling dicts and sets as Python would: only with keys that it can hash, and not without end. */

import { malformedPickle, TorchFileError } from './errors.ts';
import { MAX_DICT_ENTRIES } from './limits.ts';
import { kindOf, type TorchValue } from './values.ts';

/** Sets a key of a dict as Python would, refusing keys that Python can't hash. */
export function setKey(dict: Map<TorchValue, TorchValue>, key: TorchValue, value: TorchValue): void {
  checkKey(key);
  if (dict.size >= MAX_DICT_ENTRIES) throw new TorchFileError('too-large', 'A dict has too many entries.');
  dict.set(key, value);
}

/** Adds a member to a set, under the same rules as keys. */
export function addMember(set: Set<TorchValue>, member: TorchValue): void {
  checkKey(member);
  if (set.size >= MAX_DICT_ENTRIES) throw new TorchFileError('too-large', 'A set has too many members.');
  set.add(member);
}

function checkKey(key: TorchValue): void {
  if (Array.isArray(key) || key instanceof Map) throw malformedPickle(`${kindOf(key)} can't be a key`);
}
