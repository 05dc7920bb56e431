/**
 * Single pictures.
 *
 * @module
 */

import { encodePng, type Picture, type Raster } from "../pictures/mod.ts";
import * as everywhere from "../vfs/default.ts";
import { parseLocation } from "../vfs/location/location.ts";
import type { Where } from "../vfs/options.ts";
import { type Files, pictureAt, type PictureAtOptions } from "./picture_at.ts";
import { element, escapeHtml, Rich } from "./rich.ts";

/** Longest side of a picture in a notebook, in pixels. */
const SIDE = 384;

/** Where files are read from. */
export interface FromFiles {
  /** The filesystem. @default the one of the main module's functions */
  readonly vfs?: Files;
}

/**
 * A frame of a DICOM file as a picture.
 *
 * @throws `NotFound`, `NotSupported` where there is no image or no decoder for it, `Corrupt`,
 * `InvalidArgument` for a frame that there is not
 *
 * @example
 * ```ts
 * import { writeFile } from "@medvfs/vfs";
 * import { displayImage } from "@medvfs/vfs/display";
 * import { phantomStudy } from "@medvfs/vfs/testing";
 *
 * for await (const { bytes } of phantomStudy({ modalities: ["MR"] })) {
 *   await writeFile("memory:///look/1.dcm", bytes);
 *   break;
 * }
 * const picture = await displayImage("memory:///look/1.dcm");
 * console.assert(picture.png !== undefined);
 * ```
 */
export async function displayImage(
  where: Where,
  { vfs = everywhere, size = SIDE, ...options }: PictureAtOptions & FromFiles = {},
): Promise<Rich> {
  const picture = await pictureAt(vfs, where, { size, ...options });
  return await displayRaster(picture, `${urlOf(where)}: ${detailsOf(picture)}`);
}

/** Any pixels, with a caption. */
export async function displayRaster(raster: Raster, caption: string): Promise<Rich> {
  const png = await encodePng(raster);
  const { width, height } = raster;
  const image = `<img width="${width}" height="${height}" alt="${escapeHtml(caption)}"` +
    ` src="data:image/png;base64,${png.toBase64()}">`;
  const wrapped = { style: "overflow-wrap:anywhere" };
  const html = element(
    "figure",
    { style: "margin:0" },
    image,
    element("figcaption", wrapped, escapeHtml(caption)),
  );
  return new Rich(html, `${caption} (a picture of ${width}x${height})`, png);
}

/** The URL, without credentials. */
export function urlOf(where: Where): string {
  return parseLocation(where).location.href;
}

function detailsOf({ columns, rows, frame, frames, window }: Picture): string {
  const details = [`${columns}x${rows}`];
  if (frames > 1) details.push(`frame ${frame} of ${frames}`);
  if (window) details.push(`window ${round(window.center)}, ${round(window.width)}`);
  return details.join(", ");
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}
