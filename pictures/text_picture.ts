/**
 * Pictures of characters, for any terminal.
 *
 * @module
 */

import type { Raster } from "./raster.ts";
import { resize } from "./resize.ts";

const SHADES = " .:-=+*#%@";

/** A picture as lines of text for a dark terminal, where a character is twice as high as wide. */
export function textPicture(raster: Raster, columns = 64): string[] {
  const rows = Math.max(1, Math.round(raster.height / raster.width * columns / 2));
  const { channels, data } = resize(raster, columns, rows);
  return Array.from({ length: rows }, (_, row) => {
    let line = "";
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      const grey = channels === 1
        ? data[at]!
        : (data[at * 3]! * 2 + data[at * 3 + 1]! * 5 + data[at * 3 + 2]!) / 8;
      line += SHADES[Math.round(grey / 255 * (SHADES.length - 1))];
    }
    return line.trimEnd();
  });
}
