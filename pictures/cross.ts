/**
 * What stands for a picture that cannot be made.
 *
 * @module
 */

import { blackRaster, type Raster } from "./raster.ts";

const GREY = 96;

/** A cross in a square of `size` pixels, for what has no picture. */
export function cross(size: number): Raster {
  const raster = blackRaster(size, size, 1);
  for (let at = 0; at < size; at++) {
    raster.data[at * size + at] = GREY;
    raster.data[at * size + size - 1 - at] = GREY;
  }
  return raster;
}
