// The data sets that HiVG is measured on: how their split files are called, in which form their boxes are, and in which
// folder under the common root their images lie (the original's `datasets/data_loader.py`). Not here: the files.

import type { PictureKind } from '../grounding/bundle.ts';
import { EvaluationError } from './errors.ts';

/** The original's names; `unc` is RefCOCO, `unc+` RefCOCO+, `gref` and `gref_umd` RefCOCOg's two splits. */
export const DATASETS = [
  'unc',
  'unc+',
  'gref',
  'gref_umd',
  'referit',
  'flickr',
  'mixup',
  'synthref',
] as const;
export type Dataset = (typeof DATASETS)[number];

/** Where an image comes from; `mixup` mixes three. */
export const IMAGE_SOURCES = ['coco', 'referit', 'flickr', 'synthref'] as const;
export type ImageSource = (typeof IMAGE_SOURCES)[number];

interface DatasetInfo {
  readonly title: string;
  /** Where the images of all rows come from; null where each row says it. */
  readonly source: ImageSource | null;
  /** Whether coordinates lose their fractions before anything is measured, as the original's do. */
  readonly wholePixels: boolean;
  readonly pictures: PictureKind;
}

export const DATASET_INFO: Readonly<Record<Dataset, DatasetInfo>> = {
  unc: { title: 'RefCOCO', source: 'coco', wholePixels: true, pictures: 'photographs' },
  'unc+': { title: 'RefCOCO+', source: 'coco', wholePixels: true, pictures: 'photographs' },
  gref: { title: 'RefCOCOg (google)', source: 'coco', wholePixels: true, pictures: 'photographs' },
  gref_umd: { title: 'RefCOCOg (umd)', source: 'coco', wholePixels: true, pictures: 'photographs' },
  referit: { title: 'ReferIt', source: 'referit', wholePixels: true, pictures: 'photographs' },
  flickr: { title: 'Flickr30k Entities', source: 'flickr', wholePixels: true, pictures: 'photographs' },
  mixup: { title: 'mixup', source: null, wholePixels: true, pictures: 'photographs' },
  synthref: { title: 'SynthRef', source: 'synthref', wholePixels: false, pictures: 'drawings' },
};

/** Folders under the common root of images. */
export const IMAGE_FOLDERS: Readonly<Record<ImageSource, string>> = {
  coco: 'other/images/mscoco/images/train2014',
  referit: 'referit/images',
  flickr: 'Flickr30k/flickr30k-images',
  synthref: 'images',
};

/** How boxes of a source are written: `corners` is x1 y1 x2 y2, `size` x y width height. Also in the rows of mixup. */
export const BOX_FORMS: Readonly<Record<ImageSource, 'corners' | 'size'>> = {
  coco: 'size',
  referit: 'corners',
  flickr: 'corners',
  synthref: 'size',
};

export function isDataset(name: string): name is Dataset {
  return (DATASETS as readonly string[]).includes(name);
}

/** @throws {EvaluationError} `dataset`, listing what there is */
export function readDataset(name: string): Dataset {
  if (isDataset(name)) return name;
  throw new EvaluationError('dataset', `'${name}' is no dataset; there are ${DATASETS.join(', ')}.`);
}

/**
 * The dataset that a split file's name tells: `<dataset>_<split>.pth`.
 *
 * @throws {EvaluationError} `dataset`
 */
export function datasetOfFile(file: string): Dataset {
  const stem = file.replace(/\.[^.]*$/, '');
  for (let end = stem.length; end > 0; end = stem.lastIndexOf('_', end - 1)) {
    const name = stem.slice(0, end);
    if (isDataset(name)) return name;
  }
  throw new EvaluationError(
    'dataset',
    `The name '${file}' does not tell its dataset; say it with --dataset (${DATASETS.join(', ')}).`,
  );
}

/** What a split file's name says after its dataset (`testA`); the whole stem where it does not begin with that. */
export function splitOfFile(file: string, dataset: Dataset): string {
  const stem = file.replace(/\.[^.]*$/, '');
  return stem.startsWith(`${dataset}_`) ? stem.slice(dataset.length + 1) : stem;
}
