// Other networks that find what an expression names, exported by the same exporter, beside the plain export of HiVG and
// its own graphs: each once a round on the same runtime.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { ExportDescription } from '../artefacts.ts';
import { CACHE, exported, made, python, readJson, say, stampOf } from '../artefacts.ts';
import { feedsOf, groundings, openModel, openSession, picture, USUAL } from '../graphs.ts';
import type { Contestant } from '../measure.ts';
import { inTurn, ratios, spread } from '../measure.ts';
import { FULL } from '../quick.ts';
import type { Row, Table } from '../results.ts';

export const PEERS = [
  ['owlvit', 'OWL-ViT B/32, 768 px'],
  ['grounding-dino', 'Grounding DINO-T, 800 px'],
  ['florence-2', 'Florence-2-base, 768 px, 8 tokens read at once'],
] as const;

interface PeerDescription extends ExportDescription {
  readonly parameters: number;
  readonly transformers: string;
  /** Where the exporter, or the runtime after it, failed: why. */
  readonly failed?: string;
}

export async function exportedPeer(name: string): Promise<{ path: string; description: PeerDescription }> {
  const folder = join(CACHE, `peer-${name}`);
  await made(folder, stampOf('training/tools/export_peers.py', 'training/tools/export_onnx.py'), async () => {
    say(`Exporting ${name} with torch.onnx.export …`);
    python(['-m', 'tools.export_peers', name, '--out', folder]);
  });
  return { path: join(folder, 'model.onnx'), description: readJson(join(folder, 'model.json')) };
}

/** PyTorch's own times in ms, of a network that could not be exported. */
function eagerTimes(name: string): number[] {
  const folder = join(CACHE, `peer-${name}`);
  python(['-m', 'tools.export_peers', name, '--out', folder, '--eager']);
  return readJson(join(folder, 'eager.json'));
}

export async function peers(): Promise<{ tables: Table[]; versions: Record<string, string> }> {
  const plain = await exported();
  const sessions: InferenceSession[] = [];
  const contestant = async (
    name: string,
    path: string,
    description: ExportDescription,
  ): Promise<Contestant> => {
    const session = await openSession(path);
    sessions.push(session);
    const feeds = feedsOf(description);
    return { name, run: async () => void (await session.run(feeds)) };
  };
  const REFERENCE = `HiVG ${FULL}, export`;
  const contestants = [await contestant(REFERENCE, plain.model, plain.description)];
  const models = [];
  for (const precision of ['fp32', 'int8'] as const) {
    const model = await openModel(FULL, precision);
    models.push(model);
    const images = [1, 2].map((seed) => picture(model.grounder, USUAL.width, USUAL.height, seed));
    const run = groundings(model, images, USUAL.expressions.map(model.encode));
    contestants.push({ name: `HiVG ${FULL}, ${precision}`, run });
  }
  const described = new Map<string, PeerDescription>();
  for (const [name, title] of PEERS) {
    const { path, description } = await exportedPeer(name);
    described.set(title, description);
    if (!existsSync(path)) continue;
    try {
      const opened = await contestant(title, path, description);
      await opened.run();
      contestants.push(opened);
    } catch (error) {
      described.set(title, {
        ...description,
        failed: `ONNX Runtime: ${(error as Error).message.split('\n')[0]}`,
      });
    }
  }
  const times = await inTurn(contestants, { rounds: 15, seconds: 150 });
  const reference = times.get(REFERENCE) ?? [];
  const median = spread(reference).median;
  const rows = [...times].map(
    ([name, values]): Row => ({
      name,
      ms: spread(values),
      ratio: { to: REFERENCE, ...ratios(values, reference) },
      values: { 'M parameters': described.get(name)?.parameters ?? '' },
    }),
  );
  for (const [name, title] of PEERS) {
    const { failed, parameters } = described.get(title) as PeerDescription;
    if (!failed) continue;
    const eager = eagerTimes(name);
    rows.push({
      name: title,
      ms: spread(eager),
      ratio: { to: REFERENCE, ...spread(eager.map((value) => value / median)) },
      values: { 'M parameters': parameters },
      note: `in PyTorch, since the export failed (${failed.replaceAll('|', '/').slice(0, 120)})`,
    });
  }
  for (const session of sessions) await session.release();
  for (const { grounder } of models) await grounder.release();
  const [any] = described.values();
  return {
    tables: [{ title: 'fp32 unless said otherwise', rows }],
    versions: { torch: plain.description.torch, transformers: any?.transformers ?? '' },
  };
}
