/**
 * Pictures in notebooks.
 *
 * @module
 */

import { encodePng } from "./png.ts";
import type { Raster } from "./raster.ts";

const DISPLAY = Symbol.for("Jupyter.display");

/** Has notebooks show a picture that a cell returns. */
export function shown<T extends Raster>(raster: T): T {
  const value = async () => ({
    "text/plain": `a picture of ${raster.width}x${raster.height}`,
    "image/png": (await encodePng(raster)).toBase64(),
  });
  return Object.defineProperty(raster, DISPLAY, { value });
}
