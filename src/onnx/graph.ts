// Builds one ONNX graph in the order it runs: inputs, constants, weights and nodes give values, values go into further
// nodes, and `build` writes the model. It keeps names unique and refuses what is surely wrong (values of another
// graph, contents that don't fit their shape). It does not infer shapes: whoever adds a node says what comes out, and
// those shapes go into the model, so that ONNX Runtime checks them against its own.

import { OnnxBuildError } from './errors.ts';
import type { WeightRef } from './external-data.ts';
import { type InitializerRecord, type NodeRecord, writeModel } from './model-proto.ts';
import { encodeNumbers } from './tensor-bytes.ts';
import {
  type Attribute,
  type Dim,
  type OnnxDtype,
  type OutputSpec,
  sameShape,
  tensorBytes,
  type Value,
} from './types.ts';

type ResultOf<Spec> = Spec extends null ? null : Value;
/** One value for each output asked for, null for each left out. */
export type NodeResults<Specs extends readonly (OutputSpec | null)[]> = {
  -readonly [Index in keyof Specs]: ResultOf<Specs[Index]>;
};

export class GraphBuilder {
  readonly name: string;
  readonly #values = new Map<string, Value>();
  readonly #initializers = new Map<string, InitializerRecord>();
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #intermediates: Value[] = [];
  readonly #nodes: NodeRecord[] = [];
  readonly #nodeNames = new Set<string>();
  readonly #nextSuffix = new Map<string, number>();

  constructor(name: string) {
    if (name === '') throw new OnnxBuildError('bad-name', 'a graph needs a name');
    this.name = name;
  }

  /** A graph input, in the order they are declared. */
  input(name: string, dtype: OnnxDtype, shape: readonly Dim[]): Value {
    const value = this.#claim(name, dtype, shape);
    this.#inputs.push(value);
    return value;
  }

  /**
   * A small tensor inside the model: numbers (for bool 0 and 1) or its little-endian bytes. The same name again with
   * the same content gives the same value; with another content it throws `duplicate-name`. Numbers that the dtype
   * can't hold, or a wrong amount of them, throw `bad-data`.
   */
  constant(
    name: string,
    dtype: OnnxDtype,
    shape: readonly number[],
    data: readonly number[] | Uint8Array,
  ): Value {
    const what = `constant "${name}"`;
    const expected = tensorBytes(dtype, shape, what);
    const bytes = data instanceof Uint8Array ? data.slice() : encodeNumbers(dtype, data, what);
    if (bytes.length !== expected) {
      throw new OnnxBuildError(
        'bad-data',
        `${what}: ${dtype} [${shape.join(', ')}] takes ${expected} bytes, not ${bytes.length}`,
      );
    }
    return this.#initializer({ name, dtype, shape: [...shape], data: { bytes } });
  }

  /** A tensor of a weight file. The same weight again gives the same value. */
  weight(ref: WeightRef): Value {
    const { name, dtype, shape, file, offset, byteLength } = ref;
    const expected = tensorBytes(dtype, shape, `weight "${name}"`);
    if (byteLength !== expected) {
      throw new OnnxBuildError(
        'size-mismatch',
        `weight "${name}": ${dtype} [${shape.join(', ')}] takes ${expected} bytes, not ${byteLength}`,
      );
    }
    return this.#initializer({ name, dtype, shape: [...shape], data: { file, offset, byteLength } });
  }

  /**
   * Adds a node of operator `op` and gives its outputs. A null input or output is an optional one left out. An output
   * without a name is named after the operator; a name that is taken throws `duplicate-name`.
   */
  node<const Specs extends readonly (OutputSpec | null)[]>(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: Specs,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain = '',
  ): NodeResults<Specs> {
    for (const input of inputs) if (input !== null) this.#checkOwn(input, `an input of ${op}`);
    for (const [name, attribute] of Object.entries(attributes)) checkAttribute(op, name, attribute);
    const firstName = outputs.find((spec) => spec !== null)?.name;
    if (!outputs.some((spec) => spec !== null)) {
      throw new OnnxBuildError('bad-argument', `a node of ${op} needs an output`);
    }
    const results = outputs.map((spec) => {
      if (spec === null) return null;
      const value = this.#claim(spec.name ?? this.#freeName(op, this.#values), spec.dtype, spec.shape);
      this.#intermediates.push(value);
      return value;
    });
    const nodeName = this.#freeName(firstName ?? op, this.#nodeNames);
    this.#nodeNames.add(nodeName);
    this.#nodes.push({
      name: nodeName,
      op,
      domain,
      inputs: inputs.map((value) => value?.name ?? ''),
      outputs: results.map((value) => value?.name ?? ''),
      attributes: { ...attributes },
    });
    return results as NodeResults<Specs>;
  }

  /** Makes `value` a graph output; under another name than its own if one is given (an Identity node renames it). */
  output(value: Value, name: string = value.name): void {
    this.#checkOwn(value, `output "${name}"`);
    if (name !== value.name) {
      const [renamed] = this.node('Identity', [value], [{ dtype: value.dtype, shape: value.shape, name }]);
      this.#outputs.push(renamed);
      return;
    }
    if (this.#outputs.includes(value)) {
      throw new OnnxBuildError('duplicate-name', `"${name}" is already an output of graph "${this.name}"`);
    }
    this.#outputs.push(value);
  }

  /** The model as an ONNX file (ModelProto). Throws `no-outputs` where there are none. */
  build(): Uint8Array<ArrayBuffer> {
    if (this.#outputs.length === 0) {
      throw new OnnxBuildError('no-outputs', `graph "${this.name}" has no outputs`);
    }
    const outputs = new Set(this.#outputs);
    return writeModel({
      name: this.name,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
      intermediates: this.#intermediates.filter((value) => !outputs.has(value)),
    });
  }

  #initializer(record: InitializerRecord): Value {
    const known = this.#initializers.get(record.name);
    if (known === undefined) {
      const value = this.#claim(record.name, record.dtype, record.shape);
      this.#initializers.set(record.name, record);
      return value;
    }
    if (!sameInitializer(known, record)) {
      throw new OnnxBuildError(
        'duplicate-name',
        `graph "${this.name}" already has another constant or weight "${record.name}"`,
      );
    }
    return this.#values.get(record.name) as Value;
  }

  #claim(name: string, dtype: OnnxDtype, shape: readonly Dim[]): Value {
    if (name === '') throw new OnnxBuildError('bad-name', `graph "${this.name}": a value needs a name`);
    if (this.#values.has(name)) {
      throw new OnnxBuildError('duplicate-name', `graph "${this.name}" already has a value "${name}"`);
    }
    for (const size of shape) {
      if (typeof size === 'string' ? size === '' : !Number.isSafeInteger(size) || size < 0) {
        throw new OnnxBuildError('bad-shape', `value "${name}": [${shape.join(', ')}] is not a shape`);
      }
    }
    const value: Value = { name, dtype, shape: [...shape] };
    this.#values.set(name, value);
    return value;
  }

  #freeName(stem: string, taken: { has(name: string): boolean }): string {
    let suffix = this.#nextSuffix.get(stem) ?? 0;
    let name = suffix === 0 ? stem : `${stem}_${suffix}`;
    while (taken.has(name)) name = `${stem}_${++suffix}`;
    this.#nextSuffix.set(stem, suffix);
    return name;
  }

  #checkOwn(value: Value, what: string): void {
    if (this.#values.get(value.name) !== value) {
      throw new OnnxBuildError('unknown-value', `${what}: "${value.name}" is not of graph "${this.name}"`);
    }
  }
}

function checkAttribute(op: string, name: string, attribute: Attribute): void {
  const integers = 'int' in attribute ? [attribute.int] : 'ints' in attribute ? attribute.ints : [];
  const reals = 'float' in attribute ? [attribute.float] : 'floats' in attribute ? attribute.floats : [];
  if (!integers.every(Number.isSafeInteger) || !reals.every(Number.isFinite)) {
    throw new OnnxBuildError(
      'bad-attribute',
      `attribute "${name}" of ${op} can't be ${JSON.stringify(attribute)}`,
    );
  }
}

function sameInitializer(a: InitializerRecord, b: InitializerRecord): boolean {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  if ('bytes' in a.data && 'bytes' in b.data) {
    const { bytes } = b.data;
    return a.data.bytes.every((byte, index) => byte === bytes[index]);
  }
  if ('file' in a.data && 'file' in b.data) {
    return a.data.file === b.data.file && a.data.offset === b.data.offset;
  }
  return false;
}
