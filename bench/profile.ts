// Where a model's time goes, node by node, from ONNX Runtime's own profile: for people who look for what is slow, and
// for the limit, which needs the matrix products as they are run, after the runtime's own optimisation.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { folderReader, readManifest } from '../cli/folder-bundle.ts';
import { nodeRuntime } from '../cli/node-runtime.ts';
import { openTokenizer } from '../src/grounding/bundle-tokenizer.ts';
import type { StartedGraph } from '../src/grounding/ground.ts';
import { Grounder, STARTED } from '../src/grounding/ground.ts';
import type { Precision } from '../src/hivg/precision.ts';
import type { Size } from './artefacts.ts';
import { bundle, CACHE } from './artefacts.ts';
import { groundings, openSession, picture, THREADS, USUAL } from './graphs.ts';

export interface ProfiledNode {
  readonly graph: StartedGraph;
  readonly name: string;
  readonly op: string;
  /** Shapes of what goes in, optional inputs left out. */
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
  /** Milliseconds of the fastest run: what the kernel itself takes, whatever else the machine does. */
  readonly ms: number;
}

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, number[]>>[];
  };
}

/** Runs a model's graphs on the CPU with profiling on. */
export async function profileModel(
  size: Size,
  precision: Precision,
  { runs = 10, threads = THREADS } = {},
): Promise<ProfiledNode[]> {
  const folder = await bundle(size, precision);
  const manifest = await readManifest(folder);
  const sessions: InferenceSession[] = [];
  const runtime = {
    ...nodeRuntime(folder),
    createSession: async ({ model }: { readonly model: string }) => {
      const profiled = { enableProfiling: true, profileFilePrefix: join(CACHE, prefixOf(sessions.length)) };
      const session = await openSession(join(folder, model), { ...profiled, intraOpNumThreads: threads });
      sessions.push(session);
      return session;
    },
  };
  const grounder = await Grounder.open(manifest, runtime, precision, 1);
  const tokenizer = await openTokenizer(folderReader(folder), manifest);
  const model = { grounder, encode: (text: string) => tokenizer.encode(text) };
  // Two of each in turn, so that both are new every time.
  const images = [1, 2].map((seed) => picture(grounder, USUAL.width, USUAL.height, seed));
  const run = groundings(model, images, USUAL.expressions.map(model.encode));
  for (let i = 0; i < runs; i++) await run();
  const nodes = sessions.flatMap((session, index) => {
    session.endProfiling();
    return nodesOf(STARTED[index] as StartedGraph, traceOf(prefixOf(index)));
  });
  await grounder.release();
  return nodes;
}

const prefixOf = (index: number) => `profile-${process.pid}-${index}`;

/** The runtime adds the time to the name it was given. */
function traceOf(prefix: string): TraceEvent[] {
  const file = readdirSync(CACHE).find((name) => name.startsWith(`${prefix}_`));
  if (!file) throw new Error('ONNX Runtime wrote no profile.');
  const events = JSON.parse(readFileSync(join(CACHE, file), 'utf8')) as TraceEvent[];
  rmSync(join(CACHE, file));
  return events;
}

function nodesOf(graph: ProfiledNode['graph'], events: readonly TraceEvent[]): ProfiledNode[] {
  const byName = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.cat !== 'Node' || !event.name.endsWith('_kernel_time')) continue;
    const known = byName.get(event.name) ?? [];
    known.push(event);
    byName.set(event.name, known);
  }
  return [...byName].map(([name, own]) => {
    const { args } = own.at(-1) as TraceEvent;
    const shapes = (list: TraceEvent['args']['input_type_shape']) =>
      (list ?? []).map((each) => Object.values(each)[0] ?? []);
    return {
      graph,
      name: name.replace(/_kernel_time$/, ''),
      op: args.op_name ?? '',
      inputs: shapes(args.input_type_shape),
      output: shapes(args.output_type_shape)[0] ?? [],
      ms: Math.min(...own.map(({ dur }) => dur)) / 1000,
    };
  });
}

/** Kernels by time, a line each, for reading. */
export async function printProfile(size: Size, precision: Precision, threads: number): Promise<void> {
  const nodes = await profileModel(size, precision, { threads });
  for (const graph of STARTED) {
    const own = nodes.filter((node) => node.graph === graph);
    const total = own.reduce((sum, { ms }) => sum + ms, 0);
    process.stdout.write(`${size} ${precision}, ${graph}: ${total.toFixed(1)} ms in ${own.length} kernels\n`);
    const kinds = new Map<string, { ms: number; count: number }>();
    for (const { op, inputs, ms } of own) {
      const kind = `${op} ${inputs.map((shape) => shape.join('×')).join(' ')}`;
      const known = kinds.get(kind) ?? { ms: 0, count: 0 };
      kinds.set(kind, { ms: known.ms + ms, count: known.count + 1 });
    }
    for (const [kind, { ms, count }] of [...kinds].toSorted(([, a], [, b]) => b.ms - a.ms).slice(0, 40)) {
      const share = ((100 * ms) / total).toFixed(1).padStart(5);
      process.stdout.write(
        `  ${ms.toFixed(2).padStart(8)} ms ${share} % ${String(count).padStart(3)} × ${kind}\n`,
      );
    }
  }
}
