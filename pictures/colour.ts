/**
 * Samples of YBR and RGB as pixels.
 *
 * @module
 */

import { FormatError } from "../formats/mod.ts";
import { type ImagePixels, isSubsampled } from "./image_pixels.ts";
import type { Samples } from "./samples.ts";

/** Turns samples of three colours into red, green and blue of 8 bits (PS3.3 §C.7.6.3.1.2). */
export function colourOf(pixels: ImagePixels, samples: Samples): Uint8Array<ArrayBuffer> {
  const { photometric } = pixels;
  switch (photometric) {
    case "RGB":
    case "YBR_RCT":
    case "YBR_ICT":
      // Decoders undo the last two.
      return interleaved(pixels, samples);
    case "YBR_FULL":
      return toRgb(interleaved(pixels, samples));
    case "YBR_FULL_422":
      return toRgb(isSubsampled(pixels) ? spread(pixels, samples) : interleaved(pixels, samples));
    default:
      throw new FormatError(
        "NotSupported",
        `Colours as "${photometric.slice(0, 16)}" cannot be shown`,
      );
  }
}

function interleaved(pixels: ImagePixels, samples: Samples): Uint8Array<ArrayBuffer> {
  const { planar, bitsStored, highBit } = pixels;
  const count = pixels.rows * pixels.columns;
  const below = 2 ** (highBit + 1 - bitsStored);
  const range = 2 ** bitsStored;
  const scale = 255 / (range - 1);
  const out = new Uint8Array(count * 3);
  for (let pixel = 0, at = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < 3; channel++, at++) {
      const sample = samples[planar ? channel * count + pixel : at]!;
      out[at] = Math.floor(sample / below) % range * scale + 0.5;
    }
  }
  return out;
}

/** Two pixels are written as their two brightnesses and the chroma of the left one. */
function spread({ rows, columns }: ImagePixels, samples: Samples): Uint8Array<ArrayBuffer> {
  if (columns % 2) throw new FormatError("Corrupt", "YBR_FULL_422 needs an even number of columns");
  const out = new Uint8Array(rows * columns * 3);
  for (let from = 0, at = 0; at < out.length; from += 4) {
    for (let pixel = 0; pixel < 2; pixel++) {
      out[at++] = samples[from + pixel]!;
      out[at++] = samples[from + 2]!;
      out[at++] = samples[from + 3]!;
    }
  }
  return out;
}

function toRgb(ybr: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8ClampedArray(ybr.buffer);
  for (let at = 0; at < ybr.length; at += 3) {
    const y = ybr[at]!;
    const blue = ybr[at + 1]! - 128;
    const red = ybr[at + 2]! - 128;
    rgb[at] = y + 1.402 * red;
    rgb[at + 1] = y - 0.344136 * blue - 0.714136 * red;
    rgb[at + 2] = y + 1.772 * blue;
  }
  return ybr;
}
