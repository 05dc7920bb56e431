/**
 * Segmentations whose pixels say how much of a voxel belongs to a segment.
 *
 * @module
 */

import type { Complain } from "./errors.ts";
import type { SegFile } from "./read_seg.ts";
import type { ReadSegFrame } from "./seg_frames.ts";

/** What counts of a segmentation with fractions. */
export interface FractionOptions {
  /** From which fraction on, above 0 and up to 1, a voxel belongs to a segment. */
  readonly threshold?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/**
 * The stored value from which on a pixel counts; no threshold is needed where all of them are nothing or the whole.
 *
 * @throws {SegmentationError} `Fractional`
 */
export async function leastOf(
  file: SegFile,
  pixels: ReadSegFrame,
  { threshold, signal }: FractionOptions,
  complain: Complain,
): Promise<number> {
  if (file.type !== "FRACTIONAL") return 1;
  const most = file.header.number("MaximumFractionalValue") ?? 255;
  if (threshold === undefined || (threshold > 0 && threshold <= 1)) {
    const only = await onlyValue(file, pixels, signal);
    // dcmjs stores ones, and says that 255 is the whole, since what is binary cannot be compressed.
    if (only === 0 || only === 1 || only === most) return 1;
    if (threshold !== undefined) return threshold * most;
  }
  throw complain(
    "Fractional",
    "it has fractions, for which a threshold above 0 and up to 1 is needed",
  );
}

/** The one value that all pixels have which are not 0; 0 when all are, undefined when there are several. */
async function onlyValue(
  { frames, shape }: SegFile,
  pixels: ReadSegFrame,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const count = shape[0] * shape[1];
  let only = 0;
  for (let frame = 0; frame < frames; frame++) {
    signal?.throwIfAborted();
    const { bytes } = await pixels(frame);
    for (let pixel = 0; pixel < count; pixel++) {
      const value = bytes[pixel]!;
      if (value === 0 || value === only) continue;
      if (only !== 0) return undefined;
      only = value;
    }
  }
  return only;
}
