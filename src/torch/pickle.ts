/**
 * The pickle machine: a stack, a memo and a loop over opcodes, protocols 0 to 5. It builds values and
 * runs nothing: whatever names a class, calls one or fills one goes through a `PickleHost`, which
 * knows the allow-list. The loop never recurses, so no nesting can overflow the engine's stack.
 */

import { addMember, setKey } from './containers.ts';
import { malformedPickle, TorchFileError } from './errors.ts';
import { MAX_COPIES_PER_BYTE, MAX_DICT_ENTRIES, MAX_PICKLE_OPS } from './limits.ts';
import { Op, REFUSED_OPCODES } from './opcodes.ts';
import { PickleBytes } from './pickle-bytes.ts';
import { readLiteral } from './pickle-literals.ts';
import { PickleMemo, PickleStack } from './pickle-stack.ts';
import { checkStructure, childrenOf } from './structure.ts';
import { kindOf, PyGlobal, PyTuple, type TorchValue } from './values.ts';

/** What a pickle may ask for beyond plain values. Each may throw a `TorchFileError`. */
export interface PickleHost {
  /** A class or function, by its full name; throws `forbidden-global` unless it is on the list. */
  global(module: string, qualifiedName: string): PyGlobal;
  /** What calling it would give. */
  call(callee: PyGlobal, args: readonly TorchValue[]): TorchValue;
  /** Fills an object with its stored state. */
  build(object: TorchValue, state: TorchValue): void;
  /** What stands outside the pickle: a storage. */
  persistent(id: TorchValue): TorchValue;
}

const HIGHEST_PROTOCOL = 5;

/** How deep the host takes arguments apart: `OrderedDict([(key, value)])` is arguments, list, pair. */
const COPIED_LEVELS = 3;

/**
 * Reads the pickle at the start of `bytes` and gives its value and the place after its end.
 *
 * @throws TorchFileError `truncated` where `bytes` end before the pickle does; otherwise as its
 * content asks for: `malformed`, `unsupported`, `forbidden-global`, `cyclic`, `too-deep`, `too-large`, …
 */
export function readPickle(bytes: Uint8Array, host: PickleHost): { value: TorchValue; end: number } {
  const machine = new PickleMachine(new PickleBytes(bytes), host);
  const value = machine.run();
  checkStructure(value, machine.shared);
  return { value, end: machine.end };
}

class PickleMachine {
  /** Values reached by reference, so perhaps from several places; all others have one owner. */
  readonly shared: Set<TorchValue> = new Set();
  readonly #in: PickleBytes;
  readonly #host: PickleHost;
  readonly #stack = new PickleStack();
  readonly #memo = new PickleMemo();
  #lent = 0;

  constructor(input: PickleBytes, host: PickleHost) {
    this.#in = input;
    this.#host = host;
  }

  get end(): number {
    return this.#in.position;
  }

  run(): TorchValue {
    for (let count = 0; count < MAX_PICKLE_OPS; count++) {
      const op = this.#in.uint8();
      if (op === Op.STOP) return this.#stack.last();
      this.#step(op);
    }
    throw new TorchFileError('too-large', `The pickle has more than ${MAX_PICKLE_OPS} steps.`);
  }

  #step(op: number): void {
    const input = this.#in;
    const literal = readLiteral(op, input);
    if (literal !== undefined) {
      this.#stack.push(literal);
      return;
    }
    switch (op) {
      case Op.PROTO: {
        const protocol = input.uint8();
        if (protocol <= HIGHEST_PROTOCOL) return;
        throw new TorchFileError(
          'unsupported',
          `Pickle protocol ${protocol} is newer than ${HIGHEST_PROTOCOL}.`,
        );
      }
      case Op.FRAME:
        input.expect(input.uint64());
        return;
      case Op.MARK:
        this.#stack.mark();
        return;
      case Op.POP:
        this.#stack.drop();
        return;
      case Op.POP_MARK:
        this.#stack.popMark();
        return;
      case Op.DUP: {
        const top = this.#stack.top();
        this.#share(top);
        this.#stack.push(top);
        return;
      }

      case Op.EMPTY_TUPLE:
        this.#stack.push(new PyTuple([]));
        return;
      case Op.TUPLE1:
        this.#stack.push(new PyTuple(this.#stack.popMany(1)));
        return;
      case Op.TUPLE2:
        this.#stack.push(new PyTuple(this.#stack.popMany(2)));
        return;
      case Op.TUPLE3:
        this.#stack.push(new PyTuple(this.#stack.popMany(3)));
        return;
      case Op.TUPLE:
        this.#stack.push(new PyTuple(this.#stack.popMark()));
        return;
      case Op.EMPTY_LIST:
        this.#stack.push([]);
        return;
      case Op.LIST:
        this.#stack.push(this.#stack.popMark());
        return;
      case Op.APPEND:
        this.#append(this.#stack.popMany(1));
        return;
      case Op.APPENDS:
        this.#append(this.#stack.popMark());
        return;
      case Op.EMPTY_DICT:
        this.#stack.push(new Map());
        return;
      case Op.DICT: {
        const items = this.#stack.popMark();
        this.#stack.push(new Map());
        this.#setItems(items);
        return;
      }
      case Op.SETITEM:
        this.#setItems(this.#stack.popMany(2));
        return;
      case Op.SETITEMS:
        this.#setItems(this.#stack.popMark());
        return;
      case Op.EMPTY_SET:
        this.#stack.push(new Set());
        return;
      case Op.FROZENSET: {
        const items = this.#stack.popMark();
        this.#stack.push(new Set());
        this.#addItems(items);
        return;
      }
      case Op.ADDITEMS:
        this.#addItems(this.#stack.popMark());
        return;

      case Op.PUT:
        this.#memo.put(this.#textIndex(), this.#stack.top());
        return;
      case Op.BINPUT:
        this.#memo.put(input.uint8(), this.#stack.top());
        return;
      case Op.LONG_BINPUT:
        this.#memo.put(input.uint32(), this.#stack.top());
        return;
      case Op.MEMOIZE:
        this.#memo.put(this.#memo.size, this.#stack.top());
        return;
      case Op.GET:
        this.#recall(this.#textIndex());
        return;
      case Op.BINGET:
        this.#recall(input.uint8());
        return;
      case Op.LONG_BINGET:
        this.#recall(input.uint32());
        return;

      case Op.GLOBAL:
        this.#stack.push(this.#host.global(input.utf8Line(), input.utf8Line()));
        return;
      case Op.STACK_GLOBAL: {
        const [module, name] = this.#stack.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string')
          throw malformedPickle('a global is named by no text');
        this.#stack.push(this.#host.global(module, name));
        return;
      }
      case Op.REDUCE:
      case Op.NEWOBJ: {
        const [callee, args] = this.#stack.popMany(2);
        this.#call(callee, args);
        return;
      }
      case Op.NEWOBJ_EX: {
        const [callee, args, keywords] = this.#stack.popMany(3);
        if (!(keywords instanceof Map) || keywords.size > 0)
          throw malformedPickle('a class is called with keywords');
        this.#call(callee, args);
        return;
      }
      case Op.BUILD: {
        const state = this.#stack.pop();
        this.#lend(new PyTuple([state]));
        this.#host.build(this.#stack.top(), state);
        return;
      }
      case Op.BINPERSID:
        this.#stack.push(this.#host.persistent(this.#stack.pop()));
        return;
    }
    const refused = REFUSED_OPCODES[op];
    if (refused) throw new TorchFileError('unsupported', `The pickle uses ${refused}.`);
    throw malformedPickle(`it has 0x${op.toString(16)} where an opcode should be`);
  }

  #append(items: readonly TorchValue[]): void {
    const list = this.#stack.top();
    if (!Array.isArray(list)) throw malformedPickle(`it appends to ${kindOf(list)}`);
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly TorchValue[]): void {
    const dict = this.#stack.top();
    if (!(dict instanceof Map)) throw malformedPickle(`it sets items of ${kindOf(dict)}`);
    if (items.length % 2 !== 0) throw malformedPickle('a key of a dict has no value');
    for (let i = 0; i < items.length; i += 2)
      setKey(dict, items[i] as TorchValue, items[i + 1] as TorchValue);
  }

  #addItems(items: readonly TorchValue[]): void {
    const set = this.#stack.top();
    if (!(set instanceof Set)) throw malformedPickle(`it adds items to ${kindOf(set)}`);
    for (const item of items) addMember(set, item);
  }

  #textIndex(): number {
    const line = this.#in.line();
    if (!/^\d{1,10}$/.test(line))
      throw malformedPickle(`it has ${JSON.stringify(line.slice(0, 40))} for a memo index`);
    return Number(line);
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    this.#share(value);
    this.#stack.push(value);
  }

  #share(value: TorchValue): void {
    if (typeof value !== 'object' || value === null) return;
    if (this.shared.size >= MAX_DICT_ENTRIES)
      throw new TorchFileError('too-large', 'The pickle shares too much.');
    this.shared.add(value);
  }

  /**
   * Notes what a call or a state may put into its result while the original lives on in the memo, and
   * how much: a few bytes of pickle must not copy one big value over and over.
   */
  #lend(value: TorchValue): void {
    let level = new Set([value]);
    for (let depth = 0; depth < COPIED_LEVELS; depth++) {
      const below = new Set<TorchValue>();
      for (const container of level) {
        for (const child of childrenOf(container) ?? []) {
          this.#share(child);
          if (typeof child === 'object') below.add(child);
          this.#lent += typeof child === 'string' || child instanceof Uint8Array ? 1 + child.length : 1;
        }
      }
      level = below;
    }
    if (this.#lent > MAX_COPIES_PER_BYTE * this.#in.position) {
      throw new TorchFileError('too-large', 'The pickle makes more of its values than it holds.');
    }
  }

  #call(callee: TorchValue | undefined, args: TorchValue | undefined): void {
    if (!(callee instanceof PyGlobal)) throw malformedPickle(`it calls ${kindOf(callee)}`);
    if (!(args instanceof PyTuple))
      throw malformedPickle(`${callee.fullName} is called with ${kindOf(args)}`);
    this.#lend(args);
    this.#stack.push(this.#host.call(callee, args.items));
  }
}
