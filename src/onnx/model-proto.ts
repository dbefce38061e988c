// ONNX's messages, written field by field: ModelProto, GraphProto, NodeProto, TensorProto, ValueInfoProto and
// AttributeProto. Numbers are those of onnx.proto; it checks nothing, `graph.ts` has done so.

import { ProtoWriter } from './protobuf.ts';
import type { Attribute, OnnxDtype, Value } from './types.ts';

/** IR version 10 goes with opset 21. */
const IR_VERSION = 10;
/** Opset 21: ONNX Runtime 1.30 runs it on CPU, wasm and WebGPU, and nothing that came later is needed. */
const OPSET_VERSION = 21;
const MICROSOFT_OPSET_VERSION = 1;
const PRODUCER = 'hivg-web';

export const MICROSOFT_DOMAIN = 'com.microsoft';

const TENSOR_TYPE: Readonly<Record<OnnxDtype, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_FLOATS = 6;
const ATTRIBUTE_INTS = 7;

const DATA_LOCATION_EXTERNAL = 1;

export interface NodeRecord {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  /** Names; '' where an optional input or output is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface InitializerRecord {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  readonly data:
    | { readonly bytes: Uint8Array }
    | { readonly file: string; readonly offset: number; readonly byteLength: number };
}

export interface GraphRecord {
  readonly name: string;
  readonly nodes: readonly NodeRecord[];
  readonly initializers: readonly InitializerRecord[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly intermediates: readonly Value[];
}

/** A whole model: ir_version 10, opset 21, com.microsoft 1. */
export function writeModel(graph: GraphRecord): Uint8Array<ArrayBuffer> {
  const writer = new ProtoWriter();
  writer.int(1, IR_VERSION).string(2, PRODUCER);
  writer.message(7, (g) => writeGraph(g, graph));
  writer.message(8, (opset) => opset.string(1, '').int(2, OPSET_VERSION));
  writer.message(8, (opset) => opset.string(1, MICROSOFT_DOMAIN).int(2, MICROSOFT_OPSET_VERSION));
  return writer.finish();
}

function writeGraph(writer: ProtoWriter, graph: GraphRecord): void {
  for (const node of graph.nodes) writer.message(1, (w) => writeNode(w, node));
  writer.string(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, (w) => writeTensor(w, tensor));
  for (const value of graph.inputs) writer.message(11, (w) => writeValueInfo(w, value));
  for (const value of graph.outputs) writer.message(12, (w) => writeValueInfo(w, value));
  for (const value of graph.intermediates) writer.message(13, (w) => writeValueInfo(w, value));
}

function writeNode(writer: ProtoWriter, node: NodeRecord): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, node.name).string(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (w) => writeAttribute(w, name, attribute));
  }
  if (node.domain !== '') writer.string(7, node.domain);
}

function writeAttribute(writer: ProtoWriter, name: string, attribute: Attribute): void {
  writer.string(1, name);
  if ('float' in attribute) {
    writer.float(2, attribute.float).int(20, ATTRIBUTE_FLOAT);
  } else if ('int' in attribute) {
    writer.int(3, attribute.int).int(20, ATTRIBUTE_INT);
  } else if ('string' in attribute) {
    writer.string(4, attribute.string).int(20, ATTRIBUTE_STRING);
  } else if ('floats' in attribute) {
    for (const value of attribute.floats) writer.float(7, value);
    writer.int(20, ATTRIBUTE_FLOATS);
  } else {
    for (const value of attribute.ints) writer.int(8, value);
    writer.int(20, ATTRIBUTE_INTS);
  }
}

function writeTensor(writer: ProtoWriter, tensor: InitializerRecord): void {
  for (const size of tensor.shape) writer.int(1, size);
  writer.int(2, TENSOR_TYPE[tensor.dtype]).string(8, tensor.name);
  const { data } = tensor;
  if ('bytes' in data) {
    writer.bytes(9, data.bytes);
    return;
  }
  const external = { location: data.file, offset: `${data.offset}`, length: `${data.byteLength}` };
  for (const [key, value] of Object.entries(external)) {
    writer.message(13, (w) => w.string(1, key).string(2, value));
  }
  writer.int(14, DATA_LOCATION_EXTERNAL);
}

function writeValueInfo(writer: ProtoWriter, value: Value): void {
  writer.string(1, value.name);
  writer.message(2, (type) =>
    type.message(1, (tensor) => {
      tensor.int(1, TENSOR_TYPE[value.dtype]);
      // An empty shape message is a scalar; leaving it out would mean any rank.
      tensor.message(2, (shape) => {
        for (const size of value.shape) {
          shape.message(1, (dim) => (typeof size === 'number' ? dim.int(1, size) : dim.string(2, size)));
        }
      });
    }),
  );
}
