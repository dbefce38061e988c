// Grounding: an image and a referring expression → the box, and what the network looked at on the way. Holds the
// sessions of one model; remembers what the last expressions made and what the last image gave before any word came in,
// so that a new image with known words, and new words on a known image, pay for their own part alone.

import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { HivgConfig } from '../hivg/config.ts';
import { NAMES } from '../hivg/graphs.ts';
import type { Activation, GraphName, Precision } from '../hivg/precision.ts';
import type { BoxInImage } from './boxes.ts';
import { clampToFrame, frameToSquare, fromCxCyWh, squareToImage } from './boxes.ts';
import type { Manifest } from './bundle.ts';
import { deviceOutputs, hasLaterLayers, patchInputs, requireOutputs } from './graph-outputs.ts';
import type { SequencePlaces } from './places.ts';
import { maskMap, sequencePlaces, spreadRows } from './places.ts';
import type { Preprocessed } from './preprocess.ts';
import type { RuntimeProvider } from './providers.ts';
import type { Runtime } from './session.ts';
import { choosePrecision, disposeAll, graphFiles, readFloats, runtimeQueue } from './session.ts';
import type { Outputs } from './shared-outputs.ts';
import { SharedOutputs } from './shared-outputs.ts';
import type { Encoded } from './tokenizer.ts';

/** Expressions whose text outputs are kept at a time, if nothing else is said; one is about 2 MB in base. */
const REMEMBERED_EXPRESSIONS = 8;

/** A tensor with the shape in which it is spoken of, row-major. */
export interface Attention {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface Grounding {
  readonly box: BoxInImage;
  /** What the network said: centre x, centre y, width, height as fractions of the padded square. */
  readonly boxInFrame: [number, number, number, number];
  /** CLIP's similarity of image and expression. */
  readonly logit: number;
  /** [grounding layers, heads, 2 + patches + context], 0 on masked tokens. */
  readonly regAttention: Attention & { readonly shape: readonly [number, number, number] };
  /** Milliseconds; `text` is 0 for an expression that is still remembered, `patches` for the image of the last time. */
  readonly timings: {
    readonly patches: number;
    readonly text: number;
    readonly image: number;
    readonly readBack: number;
  };
  /** [vision layers, heads, 1 + patches]: the [CLS] row of every vision layer. */
  clsAttention(): Promise<Attention>;
  /** [bridged layers, heads, 1 + patches, context]: the words each patch reads; empty where nothing is bridged. */
  wordAttention(): Promise<Attention>;
  /** Runs the dense graph. */
  dense(): Promise<DenseReadings>;
  /** Frees what is held on the device. The lazy readings above fail afterwards. */
  dispose(): void;
}

/** One of the bridge's inputs: keys [heads, width / heads, context] or values [heads, context, width / heads]. */
export interface BridgeTensor {
  readonly type: 'float32' | 'float16';
  readonly dims: readonly number[];
  readonly data: Float32Array | Uint16Array;
}

/** What the words give to the bridge in every bridged layer, by the names of the image graph's inputs. */
export type BridgeMemory = Readonly<Record<string, BridgeTensor>>;

/** What the dense graph gives. */
export interface DenseReadings {
  /** [2 + patches + context]: [REG]'s attention rolled out over the layers, 0 on masked tokens. */
  readonly regRollout: Attention;
  /** [patches] */
  readonly tokenSimilarity: Attention;
  /** [8 · grid, 8 · grid] */
  readonly maskLogits: Attention;
  /** Milliseconds. */
  readonly ms: number;
}

/** Thrown by a lazy reading of a grounding whose memory has been given back. */
export class DisposedError extends Error {
  override readonly name = 'DisposedError';
  readonly code = 'disposed';
}

/** The graphs that every grounding runs, or whose outputs it remembers. */
export const STARTED = ['text', 'patches', 'image'] as const satisfies readonly GraphName[];
export type StartedGraph = (typeof STARTED)[number];

export class Grounder {
  readonly manifest: Manifest;
  readonly precision: Precision;
  readonly activation: Activation;
  readonly provider: RuntimeProvider;
  readonly #runtime: Runtime;
  readonly #sessions = new Map<GraphName, Promise<InferenceSession>>();
  readonly #texts = new Map<string, Outputs>();
  readonly #remembered: number;
  #seen: { readonly image: Preprocessed; readonly patches: SharedOutputs } | null = null;

  private constructor(
    manifest: Manifest,
    runtime: Runtime,
    precision: Precision,
    activation: Activation,
    remembered: number,
  ) {
    this.manifest = manifest;
    this.precision = precision;
    this.activation = activation;
    this.provider = runtime.provider;
    this.#runtime = runtime;
    this.#remembered = remembered;
  }

  /**
   * Opens the sessions of a bundle; the dense one is opened when first asked for.
   *
   * @param remembered expressions whose text outputs are kept
   * @throws {BundleError} `no-precision`, `wrong-graph` and whatever reading the bundle throws
   */
  static async open(
    manifest: Manifest,
    runtime: Runtime,
    wanted: Precision | 'auto' = 'auto',
    remembered = REMEMBERED_EXPRESSIONS,
  ): Promise<Grounder> {
    const { precision, activation } = choosePrecision(manifest, runtime, wanted);
    const grounder = new Grounder(manifest, runtime, precision, activation, remembered);
    try {
      for (const name of STARTED) await grounder.#session(name);
    } catch (error) {
      await grounder.release();
      throw error;
    }
    return grounder;
  }

  get config(): HivgConfig {
    return this.manifest.architecture;
  }

  #session(name: GraphName): Promise<InferenceSession> {
    let session = this.#sessions.get(name);
    if (!session) {
      const files = graphFiles(this.manifest, this.precision, this.activation, name);
      session = runtimeQueue
        .run(() => this.#runtime.createSession(files, deviceOutputs(name, this.config)))
        .then((opened) => this.#checked(opened, name, files.model));
      this.#sessions.set(name, session);
      session.catch(() => this.#sessions.delete(name));
    }
    return session;
  }

  /** The session, where its graph gives all that is read from it; else it is released. */
  async #checked(session: InferenceSession, name: GraphName, file: string): Promise<InferenceSession> {
    try {
      requireOutputs(session.outputNames, name, this.manifest, file);
      return session;
    } catch (error) {
      await runtimeQueue.run(() => session.release());
      throw error;
    }
  }

  /** What `expression` gives to the bridge, read back from the device; empty where nothing is bridged. */
  async bridgeMemory(expression: Encoded): Promise<BridgeMemory> {
    const text = await this.#text(expression);
    const memory: Record<string, BridgeTensor> = {};
    for (const layer of this.config.bridgedLayers) {
      for (const name of [NAMES.bridgeKeys(layer), NAMES.bridgeValues(layer)]) {
        const { type, dims } = text[name] as Tensor;
        const data = await readFloats(text[name] as Tensor);
        memory[name] = { type: type as BridgeTensor['type'], dims, data };
      }
    }
    return memory;
  }

  /**
   * Ground `expression` on `image`.
   *
   * @param bridge what the bridge reads in place of the expression's own words
   */
  async ground(image: Preprocessed, expression: Encoded, bridge: BridgeMemory = {}): Promise<Grounding> {
    const places = sequencePlaces(image.patchMask, expression.masked, expression.endPosition);
    const patchesStart = performance.now();
    const seen = this.#seen?.image === image;
    const patches = await this.#patches(image);
    try {
      const textStart = performance.now();
      const remembered = this.#texts.has(textKey(expression));
      const text = await this.#text(expression);
      const imageStart = performance.now();
      const words = { ...text, ...this.#bridgeInputs(bridge) };
      const outputs = await this.#image(patches.outputs, words, places);
      const readStart = performance.now();
      const read = await this.#read(outputs, image, places);
      return {
        ...read,
        timings: {
          patches: seen ? 0 : textStart - patchesStart,
          text: remembered ? 0 : imageStart - textStart,
          image: readStart - imageStart,
          readBack: performance.now() - readStart,
        },
        ...this.#lazyReadings(outputs, patches, text, places),
      };
    } catch (error) {
      patches.letGo();
      throw error;
    }
  }

  /** Computes what an image gives before any word comes in, and remembers it: the next grounding of it is faster. */
  async look(image: Preprocessed): Promise<void> {
    (await this.#patches(image)).letGo();
  }

  /** What is read at once. */
  async #read(outputs: Outputs, image: Preprocessed, places: SequencePlaces) {
    const box = await readFloats(outputs[NAMES.box] as Tensor);
    const logit = await readFloats(outputs[NAMES.logit] as Tensor);
    const regRows = await readFloats(outputs[NAMES.regAttention] as Tensor);
    const { grounding } = this.config;
    const boxInFrame = [box[0], box[1], box[2], box[3]] as [number, number, number, number];
    return {
      box: squareToImage(
        frameToSquare(clampToFrame(fromCxCyWh(boxInFrame)), image.letterbox),
        image.letterbox,
      ),
      boxInFrame,
      logit: logit[0] as number,
      regAttention: {
        data: spreadRows(regRows, places),
        shape: [grounding.layers, grounding.heads, places.length] as const,
      },
    };
  }

  #lazyReadings(outputs: Outputs, patches: SharedOutputs, text: Outputs, places: SequencePlaces) {
    const { vision, text: tower, grid, bridgedLayers } = this.config;
    let disposed = false;
    const alive = () => {
      if (disposed) throw new DisposedError('This grounding has given back its memory; ground again.');
    };
    return {
      clsAttention: async (): Promise<Attention> => {
        alive();
        const before = await readFloats(patches.outputs[NAMES.clsAttentionBefore] as Tensor);
        const data = new Float32Array(vision.layers * vision.heads * (1 + grid * grid));
        data.set(before);
        if (hasLaterLayers(this.config)) {
          data.set(await readFloats(outputs[NAMES.clsAttention] as Tensor), before.length);
        }
        return { data, shape: [vision.layers, vision.heads, 1 + grid * grid] };
      },
      wordAttention: async (): Promise<Attention> => {
        alive();
        const layerSize = vision.heads * (1 + grid * grid) * tower.context;
        const data = new Float32Array(bridgedLayers.length * layerSize);
        for (const [index, layer] of bridgedLayers.entries()) {
          data.set(await readFloats(outputs[NAMES.wordAttention(layer)] as Tensor), index * layerSize);
        }
        return { data, shape: [bridgedLayers.length, vision.heads, 1 + grid * grid, tower.context] };
      },
      dense: async () => {
        alive();
        return this.#dense(outputs, text, places);
      },
      dispose: () => {
        if (disposed) return;
        disposed = true;
        disposeAll(Object.values(outputs));
        patches.letGo();
      },
    };
  }

  /** The text graph's outputs, remembered by the ids. */
  async #text(expression: Encoded): Promise<Outputs> {
    const key = textKey(expression);
    const known = this.#texts.get(key);
    if (known) {
      // Moved to the end: the first in the map is the one unused for longest.
      this.#texts.delete(key);
      this.#texts.set(key, known);
      return known;
    }
    const session = await this.#session('text');
    const { Tensor } = this.#runtime;
    const outputs = await runtimeQueue.run(() =>
      session.run({
        [NAMES.ids]: new Tensor('int32', expression.padded, [1, expression.padded.length]),
        [NAMES.end]: new Tensor('int32', Int32Array.of(expression.endPosition), [1]),
      }),
    );
    this.#texts.set(key, outputs);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > this.#remembered && oldest !== undefined) {
      disposeAll(Object.values(this.#texts.get(oldest) ?? {}));
      this.#texts.delete(oldest);
    }
    return outputs;
  }

  #bridgeInputs(bridge: BridgeMemory): Outputs {
    const { Tensor } = this.#runtime;
    return Object.fromEntries(
      Object.entries(bridge).map(([name, { type, data, dims }]) => [
        name,
        new Tensor(type, data as never, dims),
      ]),
    );
  }

  /** The patches graph's outputs, those of the last image remembered; held for the caller. */
  async #patches(image: Preprocessed): Promise<SharedOutputs> {
    if (this.#seen?.image === image) return this.#seen.patches.hold();
    const session = await this.#session('patches');
    const { Tensor } = this.#runtime;
    const { side } = this.config;
    const outputs = await runtimeQueue.run(() =>
      session.run({ [NAMES.pixels]: new Tensor('float32', image.pixels, [1, 3, side, side]) }),
    );
    this.#seen?.patches.letGo();
    this.#seen = { image, patches: new SharedOutputs(outputs) };
    return this.#seen.patches.hold();
  }

  async #image(patches: Outputs, text: Outputs, places: SequencePlaces): Promise<Outputs> {
    const session = await this.#session('image');
    const { Tensor } = this.#runtime;
    const entering = patchInputs(this.config).map((name) => [name, patches[name]] as const);
    const feeds = {
      ...text,
      ...Object.fromEntries(entering),
      [NAMES.kept]: new Tensor('int32', places.kept, [places.kept.length]),
    } as InferenceSession.FeedsType;
    return runtimeQueue.run(() => session.run(feeds));
  }

  async #dense(outputs: Outputs, text: Outputs, places: SequencePlaces): Promise<DenseReadings> {
    const { Tensor } = this.#runtime;
    const { grid } = this.config;
    const session = await this.#session('dense');
    const indices = (values: Int32Array) => new Tensor('int32', values, [values.length]);
    const start = performance.now();
    const dense = await runtimeQueue.run(() =>
      session.run({
        [NAMES.visualTokens]: outputs[NAMES.visualTokens] as Tensor,
        [NAMES.textTokens]: text[NAMES.textTokens] as Tensor,
        [NAMES.asking]: indices(places.asking),
        [NAMES.keyRows]: indices(places.keyRows),
        [NAMES.patchRows]: indices(places.patchRows),
        [NAMES.endRow]: indices(Int32Array.of(places.endRow)),
      }),
    );
    const rollout = await readFloats(dense[NAMES.regRollout] as Tensor);
    const similarity = await readFloats(dense[NAMES.tokenSimilarity] as Tensor);
    const cells = await readFloats(dense[NAMES.maskCells] as Tensor);
    const result = {
      regRollout: { data: spreadRows(rollout, places), shape: [places.length] },
      tokenSimilarity: { data: Float32Array.from(similarity), shape: [grid * grid] },
      maskLogits: { data: maskMap(cells, grid), shape: [8 * grid, 8 * grid] },
      ms: performance.now() - start,
    };
    disposeAll(Object.values(dense));
    return result;
  }

  /** Gives back the sessions and everything they hold. */
  async release(): Promise<void> {
    this.#seen?.patches.letGo();
    this.#seen = null;
    for (const outputs of this.#texts.values()) disposeAll(Object.values(outputs));
    this.#texts.clear();
    const sessions = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    for (const session of sessions) {
      if (session.status === 'fulfilled') await runtimeQueue.run(() => session.value.release());
    }
  }
}

/** The whole of what the text graph reads: two expressions with the same ids are one. */
function textKey(expression: Encoded): string {
  return expression.padded.join();
}
