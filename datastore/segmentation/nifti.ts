/**
 * Masks in NIfTI files: opened, judged, read.
 *
 * @module
 */

import { bytesSource } from "../../formats/byte_source.ts";
import { gunzipSlice } from "../../formats/sniff.ts";
import type { OpOptions } from "../../vfs/options.ts";
import { type Complain, SegmentationError } from "./errors.ts";
import { type Grid, voxelsOf } from "./grid.ts";
import { isGzip } from "./inflated.ts";
import { LONGEST_HEADER, readNiftiHeader } from "./nifti_header.ts";
import { type Labels, readLabels } from "./nifti_voxels.ts";

/** A mask in memory: a label per voxel, the first axis running fastest. */
export interface Mask extends Grid {
  /** Labels; 0 is background. */
  readonly labels: Labels;
}

/** Bounds and names for reading. */
export interface ReadMaskOptions extends OpOptions {
  /** Most voxels; 2^29, as many bytes. */
  readonly maxVoxels?: number;
  /** URL or name of the file, for errors; `mask`. */
  readonly url?: string;
}

/** Most voxels that are read where nothing else is said: 512 x 512 x 2048. */
export const MOST_VOXELS: number = 2 ** 29;

/**
 * Reads a mask out of a NIfTI file, `.nii` or `.nii.gz`, NIfTI-1 or NIfTI-2, in either byte order.
 *
 * Floating point values are accepted when they are whole numbers. The place comes from the sform, else
 * from the qform.
 *
 * @throws {SegmentationError} says by its `problem` why the file is no usable mask
 *
 * @example
 * ```ts
 * import { readNifti, writeNifti } from "@medvfs/vfs/datastore";
 * import { strict as assert } from "node:assert";
 *
 * const mask = {
 *   shape: [2, 2, 1],
 *   origin: [0, 0, 0],
 *   axes: [[1, 0, 0], [0, 1, 0], [0, 0, 3]],
 *   labels: Uint8Array.of(0, 1, 1, 6),
 * } as const;
 * assert.deepEqual(await readNifti(await writeNifti(mask)), mask);
 * ```
 */
export async function readNifti(bytes: Uint8Array, options: ReadMaskOptions = {}): Promise<Mask> {
  const file = await openNifti(bytes, options);
  return { ...file.grid, labels: await file.labels() };
}

/** A mask whose voxels are still to be read. */
export interface NiftiFile {
  /** Where the voxels lie. */
  readonly grid: Grid;
  /** Reads the voxels. */
  labels(): Promise<Labels>;
}

/** Reads the header of a mask, so that its grid can be judged before room is made for its voxels. */
export async function openNifti(bytes: Uint8Array, options: ReadMaskOptions): Promise<NiftiFile> {
  const { maxVoxels = MOST_VOXELS, url = "mask", signal } = options;
  const complain: Complain = (problem, reason, cause) =>
    new SegmentationError(problem, { op: "read the mask", url, reason, cause });
  const start = isGzip(bytes)
    ? await gunzipSlice(bytesSource(bytes), LONGEST_HEADER)
    : bytes.subarray(0, LONGEST_HEADER);
  const header = await readNiftiHeader(start, complain);
  const count = voxelsOf(header.grid);
  if (count > maxVoxels) {
    throw complain("TooLarge", `it has ${header.grid.shape.join("x")} voxels, above ${maxVoxels}`);
  }
  return { grid: header.grid, labels: () => readLabels(bytes, header, complain, signal) };
}
