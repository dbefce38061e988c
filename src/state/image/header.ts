/**
 * Reads from an image's first bytes what has to be known before it is decoded: its size (a 900-megapixel file
 * must not be decoded to learn that it is one), its EXIF orientation, and whether it is animated.
 * It is not a decoder and not a validator: what it cannot read it leaves out.
 */
import { asciiAt, type ImageFormat } from './magic.ts';

export interface ImageHeader {
  /** Pixels as stored, before EXIF orientation. */
  readonly width?: number;
  readonly height?: number;
  /** EXIF orientation 1 to 8; 5 to 8 swap width and height. */
  readonly orientation: number;
  readonly animated: boolean;
}

const PLAIN = { orientation: 1, animated: false };

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Orientation (tag 0x0112) in the first directory of a TIFF block, EXIF 2.3 section 4.6.4. */
function exifOrientation(tiff: Uint8Array): number {
  const data = view(tiff);
  const little = asciiAt(tiff, 0, 2) === 'II';
  const directory = data.getUint32(4, little);
  const count = data.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    if (data.getUint16(entry, little) === 0x0112) {
      const value = data.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
  }
  return 1;
}

function orientationOrOne(tiff: Uint8Array): number {
  try {
    return exifOrientation(tiff);
  } catch {
    return 1; // A broken EXIF block is common and no reason to refuse a photo.
  }
}

function jpegHeader(bytes: Uint8Array): ImageHeader {
  const data = view(bytes);
  let orientation = 1;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = data.getUint16(at + 2);
    if (marker === 0xe1 && asciiAt(bytes, at + 4, 4) === 'Exif') {
      orientation = orientationOrOne(bytes.subarray(at + 10, at + 2 + length));
    }
    // Start of frame: C0 to CF without DHT (C4), JPG (C8) and DAC (CC).
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: data.getUint16(at + 7), height: data.getUint16(at + 5), orientation, animated: false };
    }
    at += 2 + length;
  }
  return { orientation, animated: false };
}

function pngHeader(bytes: Uint8Array): ImageHeader {
  const data = view(bytes);
  if (bytes.length < 24) return PLAIN;
  const size = { width: data.getUint32(16), height: data.getUint32(20) };
  let orientation = 1;
  let animated = false;
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = data.getUint32(at);
    const type = asciiAt(bytes, at + 4, 4);
    if (type === 'IDAT') break;
    if (type === 'eXIf') orientation = orientationOrOne(bytes.subarray(at + 8, at + 8 + length));
    // An acTL before the pixels makes it an APNG; one that announces a single frame does not move.
    if (type === 'acTL' && at + 12 <= bytes.length) animated = data.getUint32(at + 8) > 1;
    at += 12 + length;
  }
  return { ...size, orientation, animated };
}

/** True at the second image descriptor of a GIF, or at the extension that asks for looping. */
function gifAnimated(bytes: Uint8Array): boolean {
  const tableBytes = (flags: number): number => ((flags & 0x80) !== 0 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let images = 0;
  let at = 13 + tableBytes(bytes[10] ?? 0);
  const skipBlocks = (from: number): number => {
    let to = from;
    while (to < bytes.length && bytes[to] !== 0) to += 1 + (bytes[to] ?? 0);
    return to + 1;
  };
  while (at < bytes.length) {
    if (bytes[at] === 0x21) {
      if (asciiAt(bytes, at + 3, 11) === 'NETSCAPE2.0') return true;
      at = skipBlocks(at + 2);
    } else if (bytes[at] === 0x2c) {
      if (++images > 1) return true;
      at = skipBlocks(at + 11 + tableBytes(bytes[at + 9] ?? 0));
    } else break;
  }
  return false;
}

function gifHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 13) return PLAIN;
  const data = view(bytes);
  return {
    width: data.getUint16(6, true),
    height: data.getUint16(8, true),
    orientation: 1,
    animated: gifAnimated(bytes),
  };
}

function webpHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 30) return PLAIN;
  const data = view(bytes);
  const form = asciiAt(bytes, 12, 4);
  if (form === 'VP8 ') {
    return { ...PLAIN, width: data.getUint16(26, true) & 0x3fff, height: data.getUint16(28, true) & 0x3fff };
  }
  if (form === 'VP8L') {
    const bits = data.getUint32(21, true);
    return { ...PLAIN, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (form === 'VP8X') {
    const uint24 = (at: number): number => data.getUint16(at, true) | ((bytes[at + 2] ?? 0) << 16);
    return {
      width: uint24(24) + 1,
      height: uint24(27) + 1,
      orientation: 1,
      animated: ((bytes[20] ?? 0) & 0x02) !== 0,
    };
  }
  return PLAIN;
}

function avifHeader(bytes: Uint8Array): ImageHeader {
  const animated = asciiAt(bytes, 8, 4) === 'avis';
  // The first image spatial extents property; its box tree need not be walked to find it.
  for (let at = 12; at + 16 <= Math.min(bytes.length, 4096); at++) {
    if (asciiAt(bytes, at, 4) === 'ispe') {
      const data = view(bytes);
      return { width: data.getUint32(at + 8), height: data.getUint32(at + 12), orientation: 1, animated };
    }
  }
  return { orientation: 1, animated };
}

function bmpHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 26) return PLAIN;
  const data = view(bytes);
  if (data.getUint32(14, true) === 12) {
    return { ...PLAIN, width: data.getUint16(18, true), height: data.getUint16(20, true) };
  }
  // A negative height means that rows go from top to bottom.
  return { ...PLAIN, width: data.getInt32(18, true), height: Math.abs(data.getInt32(22, true)) };
}

const READERS: Readonly<Record<ImageFormat, (bytes: Uint8Array) => ImageHeader>> = {
  jpeg: jpegHeader,
  png: pngHeader,
  gif: gifHeader,
  webp: webpHeader,
  avif: avifHeader,
  bmp: bmpHeader,
  ico: () => PLAIN,
};

/** What the first bytes of an image of a known format tell; a mebibyte is nearly always enough. */
export function readHeader(bytes: Uint8Array, format: ImageFormat): ImageHeader {
  try {
    return READERS[format](bytes);
  } catch {
    return PLAIN; // Cut short in mid-field: decoding will say so.
  }
}
