/**
 * Tells what a file is from its first bytes. Names and MIME types are not asked: they are often wrong, and the
 * point is to say "holiday.pdf is a PDF document" of a file that may be called holiday.jpg.
 */

export type ImageFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'avif' | 'bmp' | 'ico';

export type FileKind =
  /** Browsers decode it. */
  | { readonly role: 'image'; readonly format: ImageFormat; readonly label: string }
  /** A picture that few browsers decode; `hint` says what to do where this one does not. */
  | { readonly role: 'rare-image'; readonly label: string; readonly hint: string }
  | { readonly role: 'other'; readonly label: string }
  | { readonly role: 'unknown' };

interface Signature {
  readonly offset: number;
  /** ASCII or bytes. */
  readonly magic: string | readonly number[];
  readonly kind: FileKind;
}

const image = (format: ImageFormat, label: string): FileKind => ({ role: 'image', format, label });
const rare = (label: string, hint: string): FileKind => ({ role: 'rare-image', label, hint });
const other = (label: string): FileKind => ({ role: 'other', label });

const EXPORT_HINT = 'Open it in the program it came from and export it as JPEG or PNG.';
const TIFF = rare('a TIFF image', EXPORT_HINT);
const HEIC = rare(
  'a HEIC photo',
  'Export it as JPEG first; on an iPhone, Settings → Camera → Formats → Most Compatible makes new photos JPEG.',
);

const SIGNATURES: readonly Signature[] = [
  { offset: 0, magic: [0xff, 0xd8, 0xff], kind: image('jpeg', 'a JPEG image') },
  { offset: 0, magic: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], kind: image('png', 'a PNG image') },
  { offset: 0, magic: 'GIF87a', kind: image('gif', 'a GIF image') },
  { offset: 0, magic: 'GIF89a', kind: image('gif', 'a GIF image') },
  { offset: 8, magic: 'WEBP', kind: image('webp', 'a WebP image') },
  { offset: 0, magic: 'BM', kind: image('bmp', 'a BMP image') },
  { offset: 0, magic: [0, 0, 1, 0], kind: image('ico', 'an icon file') },
  { offset: 0, magic: [0x49, 0x49, 0x2a, 0], kind: TIFF },
  { offset: 0, magic: [0x4d, 0x4d, 0, 0x2a], kind: TIFF },
  { offset: 0, magic: [0xff, 0x0a], kind: rare('a JPEG XL image', EXPORT_HINT) },
  { offset: 4, magic: 'JXL ', kind: rare('a JPEG XL image', EXPORT_HINT) },
  { offset: 4, magic: 'jP  ', kind: rare('a JPEG 2000 image', EXPORT_HINT) },
  { offset: 0, magic: '8BPS', kind: rare('a Photoshop document', EXPORT_HINT) },
  { offset: 0, magic: 'gimp xcf', kind: rare('a GIMP document', EXPORT_HINT) },
  { offset: 0, magic: '%PDF', kind: other('a PDF document') },
  // A bundle is a zip that begins with its manifest.
  {
    offset: 30,
    magic: 'manifest.json',
    kind: rare(
      'a HiVG model',
      "Unpack it into a folder beside the page's other models and name it in models/index.json.",
    ),
  },
  { offset: 0, magic: 'PK\x03\x04', kind: other('a zip archive or office document') },
  { offset: 0, magic: [0x1f, 0x8b], kind: other('a gzip archive') },
  { offset: 0, magic: '7z\xbc\xaf', kind: other('a 7z archive') },
  { offset: 0, magic: 'Rar!', kind: other('a RAR archive') },
  { offset: 0, magic: 'ID3', kind: other('an MP3 recording') },
  { offset: 0, magic: 'OggS', kind: other('an Ogg recording') },
  { offset: 0, magic: 'fLaC', kind: other('a FLAC recording') },
  { offset: 8, magic: 'WAVE', kind: other('a WAV recording') },
  { offset: 8, magic: 'AVI ', kind: other('an AVI video') },
  { offset: 0, magic: [0x1a, 0x45, 0xdf, 0xa3], kind: other('a Matroska or WebM video') },
  { offset: 0, magic: [0xd0, 0xcf, 0x11, 0xe0], kind: other('an old office document') },
  { offset: 0, magic: '\x7fELF', kind: other('a program') },
  { offset: 0, magic: 'MZ', kind: other('a Windows program') },
];

/** Brands of ISO media files (ISO/IEC 14496-12 `ftyp`); any other brand is taken for a video. */
function kindOfBrand(brand: string): FileKind {
  if (brand === 'avif' || brand === 'avis') return image('avif', 'an AVIF image');
  if (['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'].includes(brand)) return HEIC;
  if (brand === 'crx ') return rare('a Canon raw photo', EXPORT_HINT);
  if (brand === 'qt  ') return other('a QuickTime video');
  if (brand.startsWith('M4A')) return other('an M4A recording');
  return other('an MP4 video');
}

export function asciiAt(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}

function matches(bytes: Uint8Array, { offset, magic }: Signature): boolean {
  const wanted = typeof magic === 'string' ? Array.from(magic, (c) => c.charCodeAt(0)) : magic;
  return wanted.every((byte, i) => bytes[offset + i] === byte);
}

function kindOfText(bytes: Uint8Array): FileKind {
  const head = bytes.subarray(0, 1024);
  // Control characters other than tab, line feed, form feed and carriage return do not occur in text.
  if (head.some((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13)) {
    return { role: 'unknown' };
  }
  const text = new TextDecoder().decode(head).trimStart().toLowerCase();
  if (text.includes('<svg')) {
    return rare('an SVG drawing, made of shapes and not of pixels', 'Export it as PNG first.');
  }
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) return other('a web page');
  if (text.startsWith('<?xml')) return other('an XML file');
  if (text.startsWith('{') || text.startsWith('[')) return other('a JSON or text file');
  return other('a text file');
}

/** What the file is whose first bytes (64 are enough, 1,024 tell text apart) these are. */
export function kindOf(bytes: Uint8Array): FileKind {
  const found = SIGNATURES.find((signature) => matches(bytes, signature));
  if (found) return found.kind;
  if (asciiAt(bytes, 4, 4) === 'ftyp') return kindOfBrand(asciiAt(bytes, 8, 4));
  return kindOfText(bytes);
}
