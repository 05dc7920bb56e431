/**
 * The binary frames of a segmentation, made of a mask bit by bit.
 *
 * @module
 */

import type { Walk } from "./fit.ts";
import type { Grid } from "./grid.ts";
import type { Labels } from "./nifti_voxels.ts";

/** One frame of a segmentation: a segment on a slice, both counted from 0. */
export interface Frame {
  /** Index of the segment. */
  readonly segment: number;
  /** Index of the slice. */
  readonly slice: number;
}

/** Values that occur in a mask, by slice. */
export type Occurrence = readonly ReadonlySet<number>[];

/** Finds which values other than 0 each slice has. */
export function occurrence(labels: Labels, { start, strides }: Walk, { shape }: Grid): Occurrence {
  const [columns, rows, slices] = shape;
  return Array.from({ length: slices }, (_, slice) => {
    const values = new Set<number>();
    let last = 0;
    for (let row = 0; row < rows; row++) {
      let at = start + slice * strides[2] + row * strides[1];
      for (let column = 0; column < columns; column++, at += strides[0]) {
        const value = labels[at]!;
        if (value === last) continue;
        if (value !== 0) values.add(value);
        last = value;
      }
    }
    return values;
  });
}

/** Bytes of the pixel data of binary frames, which follow each other bit by bit (PS3.5 §8.2). */
export function packedLength(frames: number, [columns, rows]: Grid["shape"]): number {
  const bytes = Math.ceil(frames * columns * rows / 8);
  return bytes + bytes % 2;
}

/**
 * Packs frames, 8 pixels a byte and the first one in the lowest bit. Frames need not begin at a byte.
 *
 * @param values Value in the mask by segment.
 */
export function packFrames(
  labels: Labels,
  { start, strides }: Walk,
  { shape }: Grid,
  values: readonly number[],
  frames: readonly Frame[],
  packed: Uint8Array,
): void {
  const [columns, rows] = shape;
  const bySlice = Map.groupBy(frames.entries(), ([, { slice }]) => slice);
  // By value: where the frame begins that the slice's voxels of this value go to.
  const bytes = new Float64Array(Math.max(0, ...values) + 1);
  const bits = new Uint8Array(bytes.length);
  for (const [slice, here] of bySlice) {
    for (const [index, { segment }] of here) {
      const first = index * columns * rows;
      bytes[values[segment]!] = Math.floor(first / 8);
      bits[values[segment]!] = first % 8;
    }
    for (let row = 0; row < rows; row++) {
      let at = start + slice * strides[2] + row * strides[1];
      for (let pixel = row * columns, end = pixel + columns; pixel < end; pixel++) {
        const value = labels[at]!;
        at += strides[0];
        if (value === 0) continue;
        const bit = bits[value]! + pixel;
        packed[bytes[value]! + (bit >>> 3)]! |= 1 << (bit & 7);
      }
    }
  }
}
