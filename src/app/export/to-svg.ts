/** A drawing as an SVG that needs nothing else: shapes and text stay shapes and text, pictures are embedded. Pure. */
import type { Rect } from '../stage/fit.ts';
import type { Drawing, Font, Mark } from './marks.ts';

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/gu, (sign) => `&#${sign.codePointAt(0)};`);

const attributes = (all: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');

const place = ({ x, y, width, height }: Rect) => ({ x, y, width, height });

const fontAttributes = ({ size, family, weight, italic }: Font) => ({
  'font-size': size,
  'font-family': family,
  'font-weight': weight,
  'font-style': italic ? 'italic' : undefined,
});

/** Puts something into the drawing's definitions; what is returned refers to it. */
type Define = (tag: string, content: string, more?: string) => string;

function elementOf(mark: Mark, pictures: ReadonlyMap<string, string>, define: Define): string {
  const clipped = (clip: Rect | undefined): string | undefined =>
    clip && define('clipPath', `<rect${attributes(place(clip))}/>`);
  switch (mark.kind) {
    case 'rect':
      return `<rect${attributes({
        id: mark.id,
        ...place(mark.rect),
        rx: mark.radius,
        fill: mark.fill ?? 'none',
        stroke: mark.stroke,
        'stroke-width': mark.width,
        'stroke-dasharray': mark.dash?.join(' '),
        opacity: mark.opacity,
      })}/>`;
    case 'path':
      return `<path${attributes({
        d: mark.data,
        fill: 'none',
        stroke: mark.stroke,
        'stroke-width': mark.width,
        'stroke-linejoin': 'round',
        opacity: mark.opacity,
        'clip-path': clipped(mark.clip),
      })}/>`;
    case 'raster': {
      const href = pictures.get(mark.raster);
      if (href === undefined) throw new Error(`There is no picture for the raster '${mark.raster}'.`);
      return `<image${attributes({
        id: mark.raster,
        ...place(mark.rect),
        preserveAspectRatio: 'none',
        opacity: mark.opacity,
        'clip-path': clipped(mark.clip),
        href,
      })}/>`;
    }
    case 'text':
      return `<text${attributes({
        x: mark.x,
        y: mark.y,
        ...fontAttributes(mark.font),
        'text-anchor': mark.anchor,
        fill: mark.fill,
      })}>${escapeXml(mark.text)}</text>`;
    case 'gradient': {
      const stops = mark.stops.map(
        ({ rgb, opacity }, i) =>
          `<stop${attributes({
            offset: i / (mark.stops.length - 1),
            'stop-color': `rgb(${rgb.join(',')})`,
            'stop-opacity': opacity < 1 ? opacity : undefined,
          })}/>`,
      );
      const fill = define('linearGradient', stops.join(''), ' x1="0" y1="1" x2="0" y2="0"');
      return `<rect${attributes({ ...place(mark.rect), fill })}/>`;
    }
  }
}

/**
 * @param pictures data URIs by the names of the rasters
 * @throws Error where a raster has no picture
 */
export function toSvg(drawing: Drawing, pictures: ReadonlyMap<string, string>): string {
  const { width, height, background, title, description } = drawing;
  const definitions: string[] = [];
  const define: Define = (tag, content, more = '') => {
    const id = `${tag}-${definitions.length + 1}`;
    definitions.push(`<${tag} id="${id}"${more}>${content}</${tag}>`);
    return `url(#${id})`;
  };
  const drawn = drawing.marks.map((mark) => elementOf(mark, pictures, define));
  const ground = background === null ? [] : [`<rect${attributes({ width, height, fill: background })}/>`];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<defs>${definitions.join('')}</defs>`,
    ...ground,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}
