/** Numbers and results as words, the same for eyes, ears and clipboard. */
import type { LoadedModel, ProgressEvent } from '../../workers/protocol.ts';
import type { Provider } from '../grounding/providers.ts';
import type { BoxFractions, Grounding } from '../state/grounding-store.ts';
import type { OpenedImage } from '../state/image/open-image.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The box in whole pixels of the image. */
export function pixelBox(box: BoxFractions, { width, height }: Size): PixelBox {
  return {
    left: Math.round(box.left * width),
    top: Math.round(box.top * height),
    right: Math.round(box.right * width),
    bottom: Math.round(box.bottom * height),
  };
}

/** "120, 84, 410, 396": left, top, right, bottom in pixels of the image. */
export function boxText(box: BoxFractions, size: Size): string {
  const { left, top, right, bottom } = pixelBox(box, size);
  return `${left}, ${top}, ${right}, ${bottom}`;
}

export const percent = (fraction: number): string => `${Math.round(fraction * 100)} %`;

/** "380 ms", "1.2 s", "14 s". */
export function duration(ms: number): string {
  if (ms < 1) return '< 1 ms';
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
}

/** "640 kB", "12.4 MB": powers of ten, as download sizes are given. */
export function bytesText(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 99.95e6 ? 1 : 0)} MB`;
}

/** “a”, “b” and “c” */
export function quotedList(words: readonly string[]): string {
  const quoted = words.map((word) => `“${word}”`);
  if (quoted.length < 2) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

export function spokenResult({ expression, box, result }: Grounding): string {
  const place = `left ${percent(box.left)}, top ${percent(box.top)}, right ${percent(box.right)}, bottom ${percent(box.bottom)}`;
  return `Box found for “${expression}”: ${place} of the image. It took ${duration(result.timings.total)}.`;
}

/** What a person should doubt about the result; empty for most. */
export function doubts({ result }: Grounding, model: LoadedModel | null): string[] {
  const found: string[] = [];
  if (result.unknownWords.length > 0) {
    const trainedOn = model?.trainedOn ? ` It was trained on ${model.trainedOn}.` : '';
    found.push(
      `The model has never seen ${quotedList(result.unknownWords)}, so the box may be a guess.${trainedOn}`,
    );
  }
  if (result.cut) {
    const limit = model ? ` (${model.contextLength} tokens)` : '';
    found.push(`The expression is longer than the network can read${limit}: its end was left out.`);
  }
  return found;
}

/**
 * What to expect of a model that was trained on drawings when the picture is the person's own; null where there is no
 * need to say it. Whether the picture is a photograph nobody has looked.
 */
export function drawingsNote(
  image: Pick<OpenedImage, 'key' | 'sample'> | null,
  shown: Grounding | null,
  dismissed: readonly number[],
): string | null {
  if (!image || image.sample !== undefined || shown?.pictures !== 'drawings') return null;
  if (dismissed.includes(image.key)) return null;
  return 'This model was trained on drawings alone. On a photograph its box is likely to be wrong.';
}

export const PROVIDER_NAMES: Readonly<Record<Provider, string>> = { webgpu: 'WebGPU', wasm: 'WebAssembly' };

/** "WebGPU · q4", "WebAssembly · int8, 2 threads". */
export function providerText({ provider, precision, threads }: LoadedModel): string {
  const many = provider === 'wasm' ? `, ${threads} ${threads === 1 ? 'thread' : 'threads'}` : '';
  return `${PROVIDER_NAMES[provider]} · ${precision}${many}`;
}

/** What a `load-model` is doing; `fraction` is null where there is no telling. */
export function progressWords(progress: ProgressEvent | null): { text: string; fraction: number | null } {
  if (!progress || progress.phase === 'manifest') return { text: 'Looking for the model', fraction: null };
  if (progress.phase === 'download') {
    const { loadedBytes, totalBytes } = progress;
    if (totalBytes <= 0) return { text: `Getting the model, ${bytesText(loadedBytes)}`, fraction: null };
    return {
      text: `Getting the model, ${bytesText(loadedBytes)} of ${bytesText(totalBytes)}`,
      fraction: Math.min(1, loadedBytes / totalBytes),
    };
  }
  return {
    text: progress.phase === 'session' ? 'Preparing the network' : 'Warming up',
    fraction: null,
  };
}
