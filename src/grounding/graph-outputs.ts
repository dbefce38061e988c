// Which outputs of a bundle's graphs are read, and which of them stay where they were computed.

import type { HivgConfig } from '../hivg/config.ts';
import { NAMES } from '../hivg/graphs.ts';
import type { GraphName } from '../hivg/precision.ts';
import type { Manifest } from './bundle.ts';
import { BundleError } from './bundle.ts';

/** Outputs that are read at once. */
const READ: Readonly<Record<GraphName, readonly string[]>> = {
  text: [],
  image: [NAMES.box, NAMES.logit, NAMES.regAttention],
  dense: [NAMES.regRollout, NAMES.tokenSimilarity, NAMES.maskCells],
};

/** Outputs that are read seldom or only by another graph, and therefore stay on the device. */
export function deviceOutputs(graph: GraphName, { bridgedLayers }: HivgConfig): string[] {
  switch (graph) {
    case 'text':
      return [
        NAMES.textTokens,
        NAMES.textEmbedding,
        ...bridgedLayers.flatMap((layer) => [NAMES.bridgeKeys(layer), NAMES.bridgeValues(layer)]),
      ];
    case 'image':
      return [NAMES.visualTokens, NAMES.clsAttention, ...bridgedLayers.map(NAMES.wordAttention)];
    case 'dense':
      return [];
  }
}

/**
 * Bundles of another version may lack what this one reads.
 *
 * @param given the outputs that the graph in `file` has
 * @throws {BundleError} `wrong-graph`, naming file and outputs
 */
export function requireOutputs(
  given: readonly string[],
  graph: GraphName,
  manifest: Manifest,
  file: string,
): void {
  const wanted = [...READ[graph], ...deviceOutputs(graph, manifest.architecture)];
  const missing = wanted.filter((output) => !given.includes(output));
  if (missing.length === 0) return;
  throw new BundleError(
    'wrong-graph',
    `The model '${manifest.name}' was converted by another version of hivg-web: ${file} does not give ${missing.join(', ')}. Convert its checkpoint again.`,
  );
}
