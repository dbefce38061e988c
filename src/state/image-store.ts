/** The image on the stage: opened, being opened, or refused in words. One at a time; the newest wins. */
import { createStore } from 'zustand/vanilla';
import { ImageFileError } from './image/errors.ts';
import { type ImageDecoding, type OpenedImage, openImage } from './image/open-image.ts';

export interface ImageState {
  /** The one on the stage; stays while another is opened and when that fails. */
  readonly image: OpenedImage | null;
  /** Name of the file that is being opened. */
  readonly opening: string | null;
  readonly error: ImageFileError | null;
  /** Never rejects: `error` tells. */
  open(blob: Blob, name: string, about?: Pick<OpenedImage, 'alt' | 'suggestions'>): Promise<void>;
  /** Fetches an image of this origin and opens it. */
  openUrl(url: string, name: string, about?: Pick<OpenedImage, 'alt' | 'suggestions'>): Promise<void>;
  /** Refuses what is not even a file, with the words given. */
  refuse(error: ImageFileError): void;
  /** Back to the empty stage. */
  clear(): void;
  dismissError(): void;
}

export interface ImageDependencies {
  readonly decoding: ImageDecoding<ImageBitmap>;
  readonly fetchBlob: (url: string) => Promise<Blob>;
  /** Called some time after a bitmap has left the stage, to give its memory back. */
  readonly release: (bitmap: ImageBitmap) => void;
}

const NO_SUGGESTIONS = { suggestions: [] };

export function createImageStore({ decoding, fetchBlob, release }: ImageDependencies) {
  let newest = 0;
  return createStore<ImageState>()((set, get) => {
    const show = (image: OpenedImage | null): void => {
      const before = get().image;
      set({ image, opening: null, error: null });
      if (before) release(before.bitmap);
    };
    const attempt = async (
      name: string,
      about: Pick<OpenedImage, 'alt' | 'suggestions'>,
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
      open: (blob, name, about = NO_SUGGESTIONS) => attempt(name, about, async () => blob),
      openUrl: (url, name, about = NO_SUGGESTIONS) => attempt(name, about, () => fetchBlob(url)),
      refuse: (error) => set({ error }),
      clear: () => {
        newest++;
        show(null);
      },
      dismissError: () => set({ error: null }),
    };
  });
}

export type ImageStore = ReturnType<typeof createImageStore>;
