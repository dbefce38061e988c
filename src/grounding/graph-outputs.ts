// Which outputs of a bundle's graphs are read, and which of them stay where they were computed.

import type { HivgConfig } from '../hivg/config.ts';
import { NAMES } from '../hivg/graphs.ts';
import type { GraphName } from '../hivg/precision.ts';
import { firstBridge, statesBeforeBridge } from '../hivg/vision-encoder.ts';
import type { Manifest } from './bundle.ts';
import { BundleError } from './bundle.ts';

/** Outputs that are read at once. */
const READ: Readonly<Record<GraphName, readonly string[]>> = {
  text: [],
  patches: [],
  image: [NAMES.box, NAMES.logit, NAMES.regAttention],
  dense: [NAMES.regRollout, NAMES.tokenSimilarity, NAMES.maskCells],
};

/** Outputs that are read seldom or only by another graph, and therefore stay on the device. */
export function deviceOutputs(graph: GraphName, config: HivgConfig): string[] {
  const { bridgedLayers } = config;
  switch (graph) {
    case 'text':
      return [
        NAMES.textTokens,
        NAMES.textEmbedding,
        ...bridgedLayers.flatMap((layer) => [NAMES.bridgeKeys(layer), NAMES.bridgeValues(layer)]),
      ];
    case 'patches':
      return [...patchInputs(config), NAMES.clsAttentionBefore];
    case 'image':
      return [
        NAMES.visualTokens,
        ...(hasLaterLayers(config) ? [NAMES.clsAttention] : []),
        ...bridgedLayers.map(NAMES.wordAttention),
      ];
    case 'dense':
      return [];
  }
}

/** Outputs of the patches graph that the image graph takes in. */
export function patchInputs(config: HivgConfig): string[] {
  const states = statesBeforeBridge(config).map(NAMES.visionState);
  return config.bridgedLayers.length > 0 ? [NAMES.patchStates, ...states] : states;
}

/** Whether the image graph computes the self-attention of any vision layer. */
export function hasLaterLayers(config: HivgConfig): boolean {
  return firstBridge(config) + 1 < config.vision.layers;
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
