/**
 * The image on the stage: opened, being opened, or refused in words. One at a time; the newest wins. Bitmaps of images
 * that were on the stage are the history's to give back.
 */
import { createStore } from 'zustand/vanilla';
import type { Sample } from './catalogues.ts';
import { ImageFileError } from './image/errors.ts';
import { type ImageDecoding, type OpenedImage, openImage } from './image/open-image.ts';

export interface ImageState {
  /** The one on the stage; stays while another is opened and when that fails. */
  readonly image: OpenedImage | null;
  /** Name of the file that is being opened. */
  readonly opening: string | null;
  readonly error: ImageFileError | null;
  /** Keys of images whose note on what the model was trained on has been dismissed. */
  readonly noteDismissed: readonly number[];
  /** Never rejects: `error` tells. */
  open(blob: Blob, name: string): Promise<void>;
  /** Fetches one of the page's own images and opens it. */
  openSample(sample: Sample): Promise<void>;
  /** Puts an image on the stage that was there before, or none. */
  show(image: OpenedImage | null): void;
  /** Refuses what is not even a file, with the words given. */
  refuse(error: ImageFileError): void;
  /** Back to the empty stage. */
  clear(): void;
  dismissError(): void;
  /** For the image on the stage, for good: undo and history bring the image back without it. */
  dismissNote(): void;
}

export interface ImageDependencies {
  readonly decoding: ImageDecoding<ImageBitmap>;
  readonly fetchBlob: (url: string) => Promise<Blob>;
  /** Gives a bitmap's memory back that never reached the stage. */
  readonly release: (bitmap: ImageBitmap) => void;
}

const NO_SUGGESTIONS = { suggestions: [] };

export function createImageStore({ decoding, fetchBlob, release }: ImageDependencies) {
  let newest = 0;
  return createStore<ImageState>()((set, get) => {
    const show = (image: OpenedImage | null): void => set({ image, opening: null, error: null });
    const attempt = async (
      name: string,
      about: Pick<OpenedImage, 'alt' | 'suggestions' | 'sample'>,
      read: () => Promise<Blob>,
    ): Promise<void> => {
      const key = ++newest;
      set({ opening: name, error: null });
      try {
        const opened = await openImage(await read(), name, decoding);
        if (key === newest) show({ ...opened, ...about, key });
        else release(opened.bitmap);
      } catch (cause) {
        if (key !== newest) return;
        const error =
          cause instanceof ImageFileError
            ? cause
            : new ImageFileError(
                'unreadable',
                `${name} cannot be read.`,
                'Try again, or choose another image.',
                { cause },
              );
        set({ opening: null, error });
      }
    };
    return {
      image: null,
      opening: null,
      error: null,
      noteDismissed: [],
      open: (blob, name) => attempt(name, NO_SUGGESTIONS, async () => blob),
      openSample: ({ url, name, alt, expressions }) =>
        attempt(name, { alt, suggestions: expressions, sample: name }, () => fetchBlob(url)),
      show: (image) => {
        newest++;
        show(image);
      },
      refuse: (error) => set({ error }),
      clear: () => {
        newest++;
        show(null);
      },
      dismissError: () => set({ error: null }),
      dismissNote: () => {
        const { image, noteDismissed } = get();
        if (image) set({ noteDismissed: [...noteDismissed, image.key] });
      },
    };
  });
}

export type ImageStore = ReturnType<typeof createImageStore>;
