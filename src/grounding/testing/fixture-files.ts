/** Reads the reference cases under `fixtures/` for this room's tests. Node only; not part of the product. */

import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { RgbImage } from '../preprocess.ts';
import type { SafetensorsTensor } from '../safetensors.ts';
import { readSafetensors } from '../safetensors.ts';

const fixtures = new URL('../../../fixtures/', import.meta.url);

export async function readFixtureJson<Shape>(path: string): Promise<Shape> {
  return JSON.parse(await readFile(new URL(path, fixtures), 'utf8')) as Shape;
}

export async function readFixtureTensors(path: string): Promise<ReadonlyMap<string, SafetensorsTensor>> {
  return readSafetensors(await readFile(new URL(path, fixtures))).tensors;
}

/** Decoded to 8-bit RGB; palette and grey images are expanded. */
export async function readFixtureImage(name: string): Promise<RgbImage> {
  const path = await readFile(new URL(`images/${name}`, fixtures));
  const { data, info } = await sharp(path).toColourspace('srgb').removeAlpha().raw().toBuffer({
    resolveWithObject: true,
  });
  if (info.channels !== 3) throw new Error(`${name} was decoded to ${info.channels} channels.`);
  return { width: info.width, height: info.height, data, channels: 3 };
}

/** A tensor that the test expects to be there, of 32-bit floats. */
export function floatsOf(tensors: ReadonlyMap<string, SafetensorsTensor>, name: string): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== 'F32') throw new Error(`The reference file has no F32 tensor "${name}".`);
  return tensor.data;
}
