// The limit: the time that the model's matrix products alone need, each as a node of its own with weights of its own,
// on the same runtime in turn with the whole model. What is missing to 100 % is norms, softmax, copies, small operators.

import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { Tensor } from 'onnxruntime-node';
import { WeightFile } from '../../src/onnx/external-data.ts';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { bytesOf } from '../../src/onnx/tensor-bytes.ts';
import type { OnnxDtype, Value } from '../../src/onnx/types.ts';
import { CACHE } from '../artefacts.ts';
import { groundings, noise, openModel, openSession, picture, USUAL } from '../graphs.ts';
import { inTurn, ratios, spread } from '../measure.ts';
import { type ProfiledNode, profileModel } from '../profile.ts';
import { FULL } from '../quick.ts';
import type { Row, Table } from '../results.ts';

const TARGET = 0.75;

/** A product [rows, inner] · [inner, columns], `batch` times where both sides are computed (attention). */
interface Product {
  readonly kind: 'weights' | 'int8' | 'batched';
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Width of a head in every released network: what attention's operator does not tell. */
const HEAD_WIDTH = 64;

/** Products as a model runs them. Weights are packed when a session is made and are not among a node's inputs any more. */
function productsOf(nodes: readonly ProfiledNode[]): Product[] {
  return nodes.flatMap(({ op, inputs, output }): Product[] => {
    const [a = [], b = []] = inputs;
    const inner = a.at(-1) ?? 0;
    const columns = output.at(-1) ?? 0;
    const rows = count(output) / columns;
    switch (op) {
      case 'MatMul':
      case 'FusedMatMul':
      case 'Gemm': {
        if (b.length < 3) return [{ kind: 'weights', batch: 1, rows, inner, columns }];
        const [batch = 1] = output;
        return [{ kind: 'batched', batch, rows: rows / batch, inner, columns }];
      }
      case 'DynamicQuantizeMatMul':
        return [{ kind: 'int8', batch: 1, rows, inner, columns }];
      case 'Conv': {
        // Patches do not overlap, so the convolution is a product of their pixels with the kernel.
        const [channels = 1, ...kernel] = b;
        const patches = count(output.slice(2));
        return [{ kind: 'weights', batch: 1, rows: patches, inner: count(kernel), columns: channels }];
      }
      case 'MultiHeadAttention': {
        const [, queries = 0, width = 0] = a;
        const keys = b[1] ?? 0;
        const batch = width / HEAD_WIDTH;
        return [
          { kind: 'batched', batch, rows: queries, inner: HEAD_WIDTH, columns: keys },
          { kind: 'batched', batch, rows: queries, inner: keys, columns: HEAD_WIDTH },
        ];
      }
      default:
        return [];
    }
  });
}

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/**
 * A graph of nothing but products, and what to feed it. One row of each is an output, so that none can be left out and
 * each may be written where the one before was, as in a network: written to memory of its own it would take longer.
 */
async function productsGraph(
  name: string,
  products: readonly Product[],
): Promise<{ session: InferenceSession; feeds: Record<string, Tensor> }> {
  const graph = new GraphBuilder('products');
  const weights = new WeightFile('products.bin');
  const feeds: Record<string, Tensor> = {};
  const inputs = new Map<string, Value>();
  const first = graph.constant('first', 'int64', [1], [0]);
  const input = (shape: readonly number[]) => {
    const key = `x_${shape.join('_')}`;
    const known = inputs.get(key) ?? graph.input(key, 'float32', shape);
    inputs.set(key, known);
    feeds[key] ??= new Tensor('float32', noise(count(shape)), shape);
    return known;
  };
  const weight = (index: number, what: string, dtype: OnnxDtype, shape: readonly number[]) => {
    const values = () => noise(count(shape), index + 1);
    const encode = async () =>
      bytesOf(dtype === 'int8' ? Int8Array.from(values(), (value) => 70 * value) : values());
    return graph.weight(weights.add({ name: `${what}_${index}`, dtype, shape, encode }));
  };
  products.forEach(({ kind, batch, rows, inner, columns }, index) => {
    const shape = kind === 'batched' ? [batch, rows, columns] : [1, rows, columns];
    const outputs = [{ dtype: 'float32', shape }] as const;
    const node = () => {
      if (kind === 'batched') {
        return graph.node('MatMul', [input([batch, rows, inner]), input([batch, inner, columns])], outputs);
      }
      const x = input([1, rows, inner]);
      if (kind === 'weights') {
        return graph.node('MatMul', [x, weight(index, 'w', 'float32', [inner, columns])], outputs);
      }
      const b = weight(index, 'w', 'int8', [inner, columns]);
      const scale = weight(index, 'scale', 'float32', [columns]);
      return graph.node('DynamicQuantizeMatMul', [x, b, scale], outputs, {}, 'com.microsoft');
    };
    const [y] = node();
    const one = [kind === 'batched' ? batch : 1, 1, columns];
    const [row] = graph.node('Gather', [y, first], [{ dtype: 'float32', shape: one }], { axis: { int: 1 } });
    graph.output(row, `y_${index}`);
  });
  const folder = join(CACHE, `products-${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'products.onnx'), graph.build());
  const file = await open(join(folder, weights.fileName), 'w');
  await weights.write(async (bytes) => void (await file.writeFile(bytes)));
  await file.close();
  return { session: await openSession(join(folder, 'products.onnx')), feeds };
}

export async function limit(): Promise<{ tables: Table[] }> {
  const tables: Table[] = [];
  for (const precision of ['fp32', 'int8'] as const) {
    const products = productsOf(await profileModel(FULL, precision, { runs: 3 }));
    const { session, feeds } = await productsGraph(precision, products);
    const model = await openModel(FULL, precision);
    const images = [1, 2].map((seed) => picture(model.grounder, USUAL.width, USUAL.height, seed));
    const times = await inTurn(
      [
        { name: 'the model', run: groundings(model, images, USUAL.expressions.map(model.encode)) },
        { name: 'its products alone', run: async () => void (await session.run(feeds)) },
      ],
      { rounds: 40, seconds: 45, warmUp: 2 },
    );
    const whole = times.get('the model') ?? [];
    const flop = products.reduce(
      (sum, { batch, rows, inner, columns }) => sum + 2 * batch * rows * inner * columns,
      0,
    );
    tables.push({
      title: `${FULL}, ${precision}`,
      rows: [...times].map(([name, values]): Row => {
        const ms = spread(values);
        return {
          name,
          ms,
          ratio: { to: 'the model', ...ratios(values, whole) },
          ...(name === 'the model' ? {} : { target: TARGET, atLeast: true }),
          values: { GFLOP: flop / 1e9, 'GFLOP / s': flop / 1e6 / ms.median },
        };
      }),
    });
    await session.release();
    await model.grounder.release();
  }
  return { tables };
}
