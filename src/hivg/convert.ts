// From a checked checkpoint to the files of one precision: graphs, and weights beside them. Where files go (a folder, a
// zip, memory) is the caller's matter; weights are made and written one at a time, so a large model never sits in memory.

import { WeightFile } from '../onnx/external-data.ts';
import type { Checkpoint } from './checkpoint.ts';
import { buildGraph } from './graphs.ts';
import type { Activation, GraphName, Precision } from './precision.ts';
import { ACTIVATIONS, GRAPHS } from './precision.ts';

/** One file being written. `close` gives what a manifest says of it. */
export interface FileSink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<{ bytes: number; sha256: string }>;
}

/** Somewhere to put a bundle's files, by path relative to the bundle. */
export interface BundleSink {
  file(path: string): Promise<FileSink>;
}

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Which files make up one precision. */
export interface PrecisionFiles {
  readonly graphs: Partial<Record<Activation, Record<GraphName, string>>>;
  /** Weight files that each graph reads; `dense` reads the image graph's too. */
  readonly weights: Record<GraphName, string[]>;
}

export type ConversionProgress = (file: string, writtenBytes: number, totalBytes: number) => void;

/**
 * Writes one precision of the network.
 *
 * @param onProgress bytes of weights written, of all this precision writes
 */
export async function writePrecision(
  checkpoint: Checkpoint,
  precision: Precision,
  sink: BundleSink,
  onProgress?: ConversionProgress,
): Promise<{ files: WrittenFile[]; layout: PrecisionFiles }> {
  const weightFiles: Record<GraphName, WeightFile> = {
    text: new WeightFile('text.bin'),
    patches: new WeightFile('patches.bin'),
    image: new WeightFile('image.bin'),
    dense: new WeightFile('dense.bin'),
  };
  const files: WrittenFile[] = [];
  const graphs: Partial<Record<Activation, Record<GraphName, string>>> = {};
  for (const activation of ACTIVATIONS[precision]) {
    const paths: Partial<Record<GraphName, string>> = {};
    for (const name of GRAPHS) {
      const shared = name === 'dense' ? [weightFiles.image] : [];
      const model = buildGraph(name, checkpoint, precision, activation, { own: weightFiles[name], shared });
      const suffix = activation === 'float16' && ACTIVATIONS[precision].length > 1 ? '.f16' : '';
      const path = `${precision}/${name}${suffix}.onnx`;
      const file = await sink.file(path);
      await file.write(model);
      files.push({ path, ...(await file.close()) });
      paths[name] = path;
    }
    graphs[activation] = paths as Record<GraphName, string>;
  }
  const total = GRAPHS.reduce((sum, name) => sum + weightFiles[name].byteLength, 0);
  let before = 0;
  for (const name of GRAPHS) {
    const weights = weightFiles[name];
    const path = `${precision}/${weights.fileName}`;
    const file = await sink.file(path);
    const start = before;
    await weights.write(
      (bytes) => file.write(bytes),
      (written) => onProgress?.(path, start + written, total),
    );
    before += weights.byteLength;
    files.push({ path, ...(await file.close()) });
  }
  const bin = (name: GraphName) => `${precision}/${weightFiles[name].fileName}`;
  return {
    files,
    layout: {
      graphs,
      weights: {
        text: [bin('text')],
        patches: [bin('patches')],
        image: [bin('image')],
        dense: [bin('image'), bin('dense')],
      },
    },
  };
}
