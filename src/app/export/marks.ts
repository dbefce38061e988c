/**
 * What an export consists of: a list of shapes in the order of drawing, with their places in one frame of units. Layout
 * makes such lists, a canvas and an SVG are made of them; so that both show the same, and layout needs neither.
 */
import type { Rgb } from '../colour-maps/colour-maps.ts';
import type { Rect } from '../stage/fit.ts';

export interface Font {
  readonly size: number;
  readonly family: string;
  readonly weight?: number;
  readonly italic?: boolean;
}

/** Width of a text. */
export type Measure = (text: string, font: Font) => number;

export interface Stroke {
  readonly stroke?: string;
  readonly width?: number;
  readonly dash?: readonly number[];
}

export type Mark =
  | ({
      readonly kind: 'rect';
      readonly rect: Rect;
      /** Kept in an SVG, so that scripts and people find the box again. */
      readonly id?: string;
      readonly radius?: number;
      readonly fill?: string;
      readonly opacity?: number;
    } & Stroke)
  | {
      readonly kind: 'raster';
      /** Name of a picture that whoever draws is given. */
      readonly raster: string;
      readonly rect: Rect;
      readonly clip?: Rect;
      readonly opacity?: number;
      readonly smooth: boolean;
    }
  | ({
      readonly kind: 'path';
      /** As in an SVG's `d`. */
      readonly data: string;
      readonly clip?: Rect;
      readonly opacity?: number;
    } & Stroke)
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly x: number;
      /** Of the baseline. */
      readonly y: number;
      readonly font: Font;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly fill: string;
    }
  | {
      readonly kind: 'gradient';
      readonly rect: Rect;
      /** Evenly spaced, from the bottom to the top. */
      readonly stops: readonly { readonly rgb: Rgb; readonly opacity: number }[];
    };

export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Null leaves what nothing is drawn on transparent. */
  readonly background: string | null;
  readonly marks: readonly Mark[];
  /** For who cannot see it; an SVG carries both. */
  readonly title: string;
  readonly description: string;
}
