/**
 * Labels over a picture.
 *
 * @module
 */

import { inColour, type Raster } from "./raster.ts";
import { shown } from "./shown.ts";

/** Colours of labels, far from each other and from grey; the 9th label has the first again. */
const COLOURS: readonly (readonly [number, number, number])[] = [
  [255, 60, 60],
  [60, 220, 90],
  [80, 150, 255],
  [255, 210, 50],
  [230, 90, 255],
  [60, 225, 230],
  [255, 150, 60],
  [190, 255, 120],
];

/** The colour of a label, as red, green and blue. */
export function labelColour(label: number): readonly [number, number, number] {
  return COLOURS[(label - 1) % COLOURS.length]!;
}

/**
 * Lays a mask over a picture of the same size: each label in a colour of its own, its rim opaque.
 *
 * @param labels a label per pixel, row by row; 0 is none
 * @throws {TypeError} when the mask has another size
 */
export function overlayMask(raster: Raster, labels: ArrayLike<number>, opacity = 0.35): Raster {
  const { width, height } = raster;
  if (labels.length !== width * height) {
    throw new TypeError(`A mask of ${labels.length} pixels is not of ${width}x${height}`);
  }
  const { data, ...rest } = inColour(raster);
  const out = data.slice();
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at]!;
    if (label === 0) continue;
    const colour = labelColour(label);
    const x = at % width;
    const isRim = x === 0 || x === width - 1 || labels[at - 1] !== label ||
      labels[at + 1] !== label || labels[at - width] !== label || labels[at + width] !== label;
    const share = isRim ? 1 : opacity;
    for (let channel = 0; channel < 3; channel++) {
      const i = at * 3 + channel;
      out[i] = Math.round(out[i]! * (1 - share) + colour[channel]! * share);
    }
  }
  return shown({ ...rest, data: out });
}
