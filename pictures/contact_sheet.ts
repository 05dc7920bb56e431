/**
 * Many pictures as one.
 *
 * @module
 */

import { blackRaster, inColour, type Raster } from "./raster.ts";
import { resize } from "./resize.ts";
import { shown } from "./shown.ts";

/** Pixels between pictures. */
const GAP = 2;

/**
 * Puts pictures side by side, row by row, on black: each as large as fits a square of `cell` pixels, in the middle
 * of it.
 */
export function contactSheet(
  pictures: readonly Raster[],
  cell: number,
  columns: number = Math.ceil(Math.sqrt(pictures.length)),
): Raster {
  const rows = Math.ceil(pictures.length / columns);
  const channels = pictures.some((picture) => picture.channels === 3) ? 3 : 1;
  const side = (count: number) => Math.max(1, count * (cell + GAP) - GAP);
  const sheet = blackRaster(side(columns), side(rows), channels);
  pictures.forEach((picture, index) => {
    const scale = cell / Math.max(picture.width, picture.height);
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    const fitted = resize(picture, width, height);
    const left = (index % columns) * (cell + GAP) + (cell - width >> 1);
    const top = Math.floor(index / columns) * (cell + GAP) + (cell - height >> 1);
    place(sheet, channels === 3 ? inColour(fitted) : fitted, left, top);
  });
  return shown(sheet);
}

function place(sheet: Raster, picture: Raster, left: number, top: number): void {
  const stride = picture.width * picture.channels;
  for (let row = 0; row < picture.height; row++) {
    const line = picture.data.subarray(row * stride, (row + 1) * stride);
    sheet.data.set(line, ((top + row) * sheet.width + left) * sheet.channels);
  }
}
