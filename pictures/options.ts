/**
 * What picture is wanted, and what a picture is.
 *
 * @module
 */

import type { Raster } from "./raster.ts";

/** The values that are shown from black to white, in the unit of the image, such as HU. */
export interface Window {
  /** Its middle. */
  readonly center: number;
  /** Its width, above 0. */
  readonly width: number;
}

/** Which picture of an instance is made. */
export interface PictureOptions {
  /** Frame, counted from 1 as DICOM does. @default the middle one */
  readonly frame?: number;
  /** Window instead of what the image says. @default that of the image, or its values from 0.5 to 99.5 % */
  readonly window?: Window;
  /** Longest side in pixels, of 1 to 8192; smaller images are enlarged. @default as stored */
  readonly size?: number;
  /** Most pixels a frame may have. @default {67108864} */
  readonly maxPixels?: number;
}

/** A frame of a DICOM instance, to be shown. */
export interface Picture extends Raster {
  /** The frame shown, from 1. */
  readonly frame: number;
  /** The frames that there are. */
  readonly frames: number;
  /** Columns as stored. */
  readonly columns: number;
  /** Rows as stored. */
  readonly rows: number;
  /** The window in force; undefined for colour and where a table was. */
  readonly window?: Window;
}
