/**
 * Stored frames painted into a mask.
 *
 * @module
 */

import type { Complain, SegmentationError } from "./errors.ts";
import type { Labels } from "./nifti_voxels.ts";

/** Voxels of one frame in a mask: they follow each other. */
export interface Target {
  /** Index of the voxel of the frame's first pixel. */
  readonly start: number;
  /** Pixels of a frame. */
  readonly count: number;
}

/** Paints frames into a mask, each voxel with one value. */
export class Painter {
  /** Paints into `labels`. */
  constructor(private readonly labels: Labels, private readonly complain: Complain) {}

  /**
   * Paints a binary frame that starts at bit `firstBit` of `pixels`, the lowest bit of a byte first (PS3.5
   * §8.2).
   *
   * @throws {SegmentationError} `Overlap`
   */
  bits(pixels: Uint8Array, firstBit: number, { start, count }: Target, value: number): void {
    const { labels } = this;
    const endBit = firstBit + count;
    for (let byte = Math.floor(firstBit / 8); byte * 8 < endBit; byte++) {
      const bits = pixels[byte]!;
      if (bits === 0) continue;
      const from = byte * 8 - firstBit;
      for (let bit = 0; bit < 8; bit++) {
        const pixel = from + bit;
        // The first and the last byte may have pixels of the neighbours.
        if ((bits >> bit & 1) === 0 || pixel < 0 || pixel >= count) continue;
        const at = start + pixel;
        if (labels[at] !== 0 && labels[at] !== value) throw this.#overlap(labels[at]!, value);
        labels[at] = value;
      }
    }
  }

  /**
   * Paints a fractional frame where it reaches `least`.
   *
   * @throws {SegmentationError} `Overlap`
   */
  fractions(pixels: Uint8Array, { start, count }: Target, value: number, least: number): void {
    const { labels } = this;
    for (let pixel = 0; pixel < count; pixel++) {
      if (pixels[pixel]! < least) continue;
      const at = start + pixel;
      if (labels[at] !== 0 && labels[at] !== value) throw this.#overlap(labels[at]!, value);
      labels[at] = value;
    }
  }

  /**
   * Paints a frame whose pixels are numbers of segments.
   *
   * @param values Value by number of the segment.
   * @throws {SegmentationError} `BadSegments` for a number without a segment
   */
  numbers(pixels: Labels, { start, count }: Target, values: ReadonlyMap<number, number>): void {
    let number = 0;
    let value = 0;
    for (let pixel = 0; pixel < count; pixel++) {
      if (pixels[pixel] !== number) {
        number = pixels[pixel]!;
        const found = number === 0 ? 0 : values.get(number);
        if (found === undefined) {
          throw this.complain(
            "BadSegments",
            `it has pixels of segment ${number}, which is not described`,
          );
        }
        value = found;
      }
      this.labels[start + pixel] = value;
    }
  }

  #overlap(one: number, other: number): SegmentationError {
    const reason =
      `the segments of the values ${one} and ${other} share voxels, which a mask cannot hold`;
    return this.complain("Overlap", reason);
  }
}
