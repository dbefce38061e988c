/**
 * The classes and functions a file may name, each with what this reader makes of it. Anything else is
 * refused by its full name. Nothing of the file runs: an entry here is code of this project, which
 * takes plain values apart and puts them together.
 */

import { addMember, setKey } from './containers.ts';
import { dtypeOfStorage, isTorchDtype, TORCH_DTYPES, type TorchDtype } from './dtypes.ts';
import { malformedPickle, TorchFileError } from './errors.ts';
import { buildArray, buildDtype, fillArray, NumpyArray, NumpyDtype, scalar, shapeOf } from './numpy.ts';
import { bytesOfLatin1 } from './pickle-bytes.ts';
import { TorchStorage, TorchTensor } from './tensor.ts';
import { kindOf, PyGlobal, PyNamespace, PyTuple, type TorchValue } from './values.ts';

type Args = readonly TorchValue[];
/** What calling a global gives; `null` for one that may be named and not called. */
type Call = ((args: Args) => TorchValue) | null;

const NUMPY_CORES = ['numpy.core', 'numpy._core']; // before and since numpy 2
const BUILTINS = ['builtins', '__builtin__']; // Python 3, and its name in protocols 0 to 2

const ALLOWED: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildTensorWithDtype],
  ['torch._utils._rebuild_parameter', parameter],
  ['torch._utils._rebuild_parameter_with_state', parameter],
  ['torch.Size', (args) => new PyTuple(elements('torch.Size', args))],
  ...TORCH_DTYPES.map((dtype): [string, Call] => [`torch.${dtype}`, null]),

  ['collections.OrderedDict', orderedDict],
  ['argparse.Namespace', (args) => noArguments('argparse.Namespace', args, new PyNamespace())],
  ['copy_reg._reconstructor', reconstruct],
  ['copyreg._reconstructor', reconstruct],
  ['_codecs.encode', encode],
  ...BUILTINS.flatMap((module): [string, Call][] => [
    [`${module}.object`, null],
    [`${module}.set`, makeSet],
    [`${module}.frozenset`, makeSet],
    [`${module}.bytes`, makeBytes],
    [`${module}.bytearray`, makeBytes],
  ]),

  ['numpy.ndarray', null],
  ['numpy.dtype', numpyDtype],
  ...NUMPY_CORES.flatMap((core): [string, Call][] => [
    [`${core}.multiarray._reconstruct`, emptyArray],
    [`${core}.multiarray.scalar`, ([dtype, content]) => scalar(dtype, content)],
    [`${core}.numeric._frombuffer`, arrayFromBuffer],
  ]),
]);

/** Where storage classes live: PyTorch now, and old files of CUDA tensors. */
const STORAGE_MODULES = new Set(['torch', 'torch.cuda', 'torch.storage']);
const UNTYPED_STORAGE = 'UntypedStorage';

/** dtypes of PyTorch that have no counterpart here. */
const OTHER_DTYPES = /^(complex\d+|chalf|cfloat|cdouble|float(8|4)_\w+|q?u?int\d+(x\d+)?|bits\d+(x\d+)?)$/;

/** @throws TorchFileError `forbidden-global` for anything off the list, `unknown-dtype` for other dtypes. */
export function allowedGlobal(module: string, qualifiedName: string): PyGlobal {
  const found = new PyGlobal(module, qualifiedName);
  const name = found.fullName;
  if (ALLOWED.has(name)) return found;
  if (STORAGE_MODULES.has(module) && /^[A-Z][A-Za-z0-9]*Storage$/.test(qualifiedName)) {
    if (qualifiedName === UNTYPED_STORAGE || dtypeOfStorage(qualifiedName)) return found;
    throw new TorchFileError('unknown-dtype', `Storages of type ${name} can't be read.`, name);
  }
  if (module === 'torch' && OTHER_DTYPES.test(qualifiedName)) {
    throw new TorchFileError('unknown-dtype', `Tensors of type ${name} can't be read.`, name);
  }
  throw forbidden(name, 'is not on the list of what a checkpoint may use');
}

/** What calling an allowed global gives. @throws TorchFileError */
export function callGlobal(callee: PyGlobal, args: Args): TorchValue {
  const call = ALLOWED.get(callee.fullName);
  if (!call) throw forbidden(callee.fullName, 'may be named in a checkpoint but not called');
  return call(args);
}

/** Fills an object with its state. @throws TorchFileError `malformed` */
export function buildObject(object: TorchValue, state: TorchValue): void {
  if (object instanceof NumpyArray) {
    buildArray(object, state);
  } else if (object instanceof NumpyDtype) {
    buildDtype(object, state);
  } else if (object instanceof PyNamespace && state instanceof Map) {
    setFields(object, state);
  } else if (!(object instanceof Map && state instanceof Map)) {
    // (The state of a dict is PyTorch's `_metadata`, version numbers of modules, which no one needs.)
    throw malformedPickle(`${kindOf(object)} gets ${kindOf(state)} for its state`);
  }
}

function setFields(namespace: PyNamespace, state: Map<TorchValue, TorchValue>): void {
  for (const [name, value] of state) {
    if (typeof name !== 'string') {
      throw malformedPickle(`argparse.Namespace has ${kindOf(name)} for the name of a field`);
    }
    namespace.fields.set(name, value);
  }
}

/** The dtype of a storage class; null for untyped, undefined for what is no storage class. */
export function storageDtype(storageClass: TorchValue | undefined): TorchDtype | null | undefined {
  if (!(storageClass instanceof PyGlobal) || !STORAGE_MODULES.has(storageClass.module)) return undefined;
  if (storageClass.qualifiedName === UNTYPED_STORAGE) return null;
  return dtypeOfStorage(storageClass.qualifiedName);
}

/** storage, offset, shape, strides; then what only training needs. */
function rebuildTensor([storage, offset, shape, strides]: Args): TorchTensor {
  if (!(storage instanceof TorchStorage))
    throw malformedPickle(`a tensor has ${kindOf(storage)} for its storage`);
  if (!storage.dtype) throw malformedPickle(`a tensor has storage ${storage.key}, which has no dtype`);
  return tensor(storage, storage.dtype, offset, shape, strides);
}

/** As above on an untyped storage, with the dtype at the end. */
function rebuildTensorWithDtype([storage, offset, shape, strides, , , dtype]: Args): TorchTensor {
  if (!(storage instanceof TorchStorage))
    throw malformedPickle(`a tensor has ${kindOf(storage)} for its storage`);
  const name = dtype instanceof PyGlobal && dtype.module === 'torch' ? dtype.qualifiedName : '';
  if (!isTorchDtype(name)) throw malformedPickle(`a tensor has ${kindOf(dtype)} for its dtype`);
  return tensor(storage, name, offset, shape, strides);
}

function tensor(
  storage: TorchStorage,
  dtype: TorchDtype,
  offset: TorchValue | undefined,
  shape: TorchValue | undefined,
  strides: TorchValue | undefined,
): TorchTensor {
  const [start] = numbers('offset', new PyTuple([offset ?? null]));
  return new TorchTensor(storage, {
    dtype,
    offset: start as number,
    shape: numbers('shape', shape),
    strides: numbers('strides', strides),
  });
}

function numbers(what: string, value: TorchValue | undefined): number[] {
  if (!(value instanceof PyTuple)) throw malformedPickle(`a tensor has ${kindOf(value)} for its ${what}`);
  return value.items.map((item) => {
    if (typeof item === 'number') return item;
    // Beyond 2^53 no storage reaches; the tensor's own check refuses what is not a safe integer.
    if (typeof item === 'bigint') return Number(item);
    throw malformedPickle(`a tensor has ${kindOf(item)} in its ${what}`);
  });
}

function parameter([data]: Args): TorchTensor {
  if (data instanceof TorchTensor) return data;
  throw malformedPickle(`a parameter has ${kindOf(data)} for its data`);
}

function orderedDict(args: Args): Map<TorchValue, TorchValue> {
  const dict = new Map<TorchValue, TorchValue>();
  for (const pair of elements('a dict', args)) {
    const [key, value, ...rest] = pair instanceof PyTuple ? pair.items : Array.isArray(pair) ? pair : [];
    if (key === undefined || value === undefined || rest.length)
      throw malformedPickle(`a dict has ${kindOf(pair)} for an item`);
    setKey(dict, key, value);
  }
  return dict;
}

function makeSet(args: Args): Set<TorchValue> {
  const set = new Set<TorchValue>();
  for (const member of elements('a set', args)) addMember(set, member);
  return set;
}

/** `bytes()`, `bytearray(bytes)`, `bytearray(text, 'latin-1')`. */
function makeBytes(args: Args): Uint8Array {
  const [content, encoding] = args;
  if (args.length === 0) return new Uint8Array(0);
  if (content instanceof Uint8Array && args.length === 1) return new Uint8Array(content);
  return encode([content ?? null, encoding ?? null]);
}

/** `_codecs.encode(text, 'latin1')`: how protocol 2 writes bytes. */
function encode([text, encoding]: Args): Uint8Array {
  if (typeof text !== 'string') throw malformedPickle(`_codecs.encode gets ${kindOf(text)}`);
  if (typeof encoding !== 'string' || !/^(latin[-_]?1|iso-8859-1)$/i.test(encoding)) {
    throw malformedPickle(
      `_codecs.encode is asked for ${typeof encoding === 'string' ? encoding : kindOf(encoding)}`,
    );
  }
  return bytesOfLatin1(text);
}

/** `copyreg._reconstructor(cls, object, None)`: how protocols 0 and 1 make an object. */
function reconstruct([cls, base, state]: Args): TorchValue {
  if (!(cls instanceof PyGlobal)) throw malformedPickle(`copyreg._reconstructor gets ${kindOf(cls)}`);
  if (cls.fullName !== 'argparse.Namespace')
    throw forbidden(cls.fullName, "can't be made without being called");
  if (!(base instanceof PyGlobal) || base.qualifiedName !== 'object' || state !== null) {
    throw malformedPickle(`${cls.fullName} is made from ${kindOf(base)}`);
  }
  return new PyNamespace();
}

/** An array whose content comes with its state; the other arguments are placeholders. */
function emptyArray([subclass]: Args): NumpyArray {
  if (subclass instanceof PyGlobal && subclass.fullName === 'numpy.ndarray') return new NumpyArray();
  throw malformedPickle(`a numpy array is made from ${kindOf(subclass)}`);
}

function numpyDtype([spec]: Args): NumpyDtype {
  if (typeof spec === 'string') return new NumpyDtype(spec);
  throw malformedPickle(`numpy.dtype gets ${kindOf(spec)}`);
}

/** Protocol 5: bytes, dtype, shape, order. */
function arrayFromBuffer([content, dtype, shape, order]: Args): NumpyArray {
  if (!(dtype instanceof NumpyDtype) || content === undefined)
    throw malformedPickle('a numpy array has no dtype');
  const array = new NumpyArray();
  fillArray(array, dtype, shapeOf(shape), content, order === 'F');
  return array;
}

/** The elements of a container's one argument, if it has any. */
function elements(name: string, args: Args): TorchValue[] {
  const [from] = args;
  if (args.length === 0) return [];
  if (args.length === 1) {
    if (Array.isArray(from) || from instanceof Set) return [...from];
    if (from instanceof PyTuple) return [...from.items];
  }
  throw malformedPickle(`${name} is made from ${kindOf(from)}`);
}

function noArguments<T>(name: string, args: Args, value: T): T {
  if (args.length === 0) return value;
  throw malformedPickle(`${name} is made from ${kindOf(args[0])}`);
}

function forbidden(name: string, why: string): TorchFileError {
  return new TorchFileError('forbidden-global', `${name} ${why}; nothing was run.`, name);
}
