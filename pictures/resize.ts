/**
 * Pictures in another size.
 *
 * @module
 */

import type { Raster } from "./raster.ts";

/** For each pixel of the result, the pixels that it is made of. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Float32Array[];
}

/** Scales a picture, by averaging where it becomes smaller and by interpolation where it grows. */
export function resize(raster: Raster, width: number, height: number): Raster {
  if (raster.width === width && raster.height === height) return raster;
  const { channels } = raster;
  const across = tapsOf(raster.width, width);
  const wide = new Float32Array(width * raster.height * channels);
  for (let row = 0; row < raster.height; row++) {
    const line = row * raster.width;
    for (let x = 0; x < width; x++) {
      const first = across.first[x]!;
      const weights = across.weights[x]!;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          sum += weights[i]! * raster.data[(line + first + i) * channels + channel]!;
        }
        wide[(row * width + x) * channels + channel] = sum;
      }
    }
  }
  const down = tapsOf(raster.height, height);
  const stride = width * channels;
  const data = new Uint8Array(stride * height);
  const sums = new Float32Array(stride);
  for (let y = 0; y < height; y++) {
    const first = down.first[y]!;
    const weights = down.weights[y]!;
    sums.fill(0.5);
    for (let i = 0; i < weights.length; i++) {
      const line = (first + i) * stride;
      for (let x = 0; x < stride; x++) sums[x]! += weights[i]! * wide[line + x]!;
    }
    data.set(sums, y * stride);
  }
  return { width, height, channels, data };
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const first = new Int32Array(to);
  const weights: Float32Array[] = [];
  for (let at = 0; at < to; at++) {
    const center = (at + 0.5) * scale - 0.5;
    const start = Math.max(0, Math.ceil(center - reach));
    const end = Math.min(from - 1, Math.floor(center + reach));
    const own = new Float32Array(end - start + 1);
    let sum = 0;
    for (let i = 0; i < own.length; i++) {
      sum += own[i] = Math.max(0, 1 - Math.abs(start + i - center) / reach);
    }
    first[at] = start;
    weights.push(own.map((weight) => weight / sum));
  }
  return { first, weights };
}

/** The size that shows pixels of `aspect` (height by width) square, its longer side `longest` where given. */
export function shownSize(
  { width, height }: Pick<Raster, "width" | "height">,
  aspect: number,
  longest: number | undefined,
): readonly [width: number, height: number] {
  const tall = aspect > 1 ? height * aspect : height;
  const wide = aspect < 1 ? width / aspect : width;
  const scale = longest === undefined ? 1 : longest / Math.max(tall, wide);
  return [Math.max(1, Math.round(wide * scale)), Math.max(1, Math.round(tall * scale))];
}
