/**
 * Pixels in memory.
 *
 * @module
 */

/** Pixels that can be shown: rows from the top, 8 bits a channel. */
export interface Raster {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1 is grey, 3 are red, green and blue, interleaved. */
  readonly channels: 1 | 3;
  /** `width * height * channels` bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Makes a black raster. */
export function blackRaster(width: number, height: number, channels: 1 | 3): Raster {
  return { width, height, channels, data: new Uint8Array(width * height * channels) };
}

/** The same picture in colour. */
export function inColour(raster: Raster): Raster {
  if (raster.channels === 3) return raster;
  const data = new Uint8Array(raster.data.length * 3);
  for (let i = 0, at = 0; i < raster.data.length; i++) {
    const grey = raster.data[i]!;
    data[at++] = grey;
    data[at++] = grey;
    data[at++] = grey;
  }
  return { ...raster, channels: 3, data };
}
