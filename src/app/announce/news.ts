/**
 * What screen readers are told, derived from what is so now: each sentence has a cause, is there as long as its cause
 * is, and goes with it. Nothing is kept here, so nothing can outlive the note that others see.
 */
import type { GroundingState } from '../../state/grounding-store.ts';
import type { ImageState } from '../../state/image-store.ts';
import type { ModelState } from '../../state/model-store.ts';
import { drawingsNote, providerText, spokenResult } from '../words.ts';

export interface News {
  /** Of its cause; another cause, even with the same words, is spoken again. */
  readonly cause: object;
  readonly text: string;
  /** Failures are said at once. */
  readonly urgent: boolean;
}

export interface Told {
  readonly image: Pick<ImageState, 'image' | 'error' | 'noteDismissed'>;
  readonly model: Pick<ModelState, 'status'>;
  readonly grounding: Pick<GroundingState, 'shown' | 'status'>;
}

/** Everything worth hearing that is so now. A reading that arrives late makes no news of an answer. */
export function newsOf({ image, model, grounding }: Told): News[] {
  const news: News[] = [];
  const say = (cause: object, text: string, urgent = false): void => void news.push({ cause, text, urgent });
  if (image.error) say(image.error, `${image.error.message} ${image.error.hint}`, true);
  if (image.image) say(image.image, [`${image.image.name} is open.`, ...image.image.notes].join(' '));
  if (model.status.phase === 'ready') {
    say(model.status.model, `The model is ready: ${providerText(model.status.model)}.`);
  } else if (model.status.phase === 'failed') {
    const { error } = model.status;
    say(error, sentences('The model could not be loaded.', error.message, error.hint), true);
  }
  const { shown, status } = grounding;
  if (status.phase === 'failed') say(status.error, sentences(status.error.message, status.error.hint), true);
  else if (status.phase === 'waiting') {
    say(status, `Waiting for the ${status.for}; then “${status.expression}” is looked for.`);
  }
  // The result is the one object of an answer that late readings leave alone.
  if (shown) say(shown.result, spokenResult(shown));
  const doubt = drawingsNote(image.image, shown, image.noteDismissed);
  // One for each picture, whichever answer it has.
  if (doubt && image.image) say(image.image.bitmap, doubt);
  return news;
}

function sentences(...parts: (string | undefined)[]): string {
  return parts.filter(Boolean).join(' ');
}
