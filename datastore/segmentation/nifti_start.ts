/**
 * What a NIfTI-1 file begins with, to be written.
 *
 * @module
 */

import { SegmentationError } from "./errors.ts";
import type { Grid } from "./grid.ts";
import { length } from "./vector.ts";

/** How the voxels of a NIfTI file are stored. */
export interface VoxelFormat {
  /** NIfTI's code of their type. */
  readonly datatype: number;
  /** Bits of one. */
  readonly bits: number;
  /** Stored values times `slope` plus `intercept` are the values; as they are where left out. */
  readonly slope?: number;
  /** See `slope`. */
  readonly intercept?: number;
}

const MILLIMETRES = 2;
const SCANNER_ANATOMICAL = 1;
const VOXEL_OFFSET = 352;
/** `dim` has 16 bits in NIfTI-1. */
const LONGEST_AXIS = 32767;

/**
 * All of a NIfTI-1 file that comes before its voxels, in this machine's byte order; its place as the sform, which alone
 * can hold the skew of a tilted gantry.
 *
 * @throws {SegmentationError} `TooLarge` for an axis of more than 32767 voxels
 */
export async function niftiStart(
  { shape, origin, axes }: Grid,
  { datatype, bits, slope = 0, intercept = 0 }: VoxelFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Math.max(...shape) > LONGEST_AXIS) {
    const reason = `${shape.join("x")} voxels are too many for NIfTI-1`;
    throw new SegmentationError("TooLarge", { op: "write the volume", url: "volume", reason });
  }
  const { NIFTI1 } = await import("nifti-reader-js");
  const header = new NIFTI1();
  header.littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  header.dims = [3, ...shape, 1, 1, 1, 1];
  header.pixDims = [1, ...axes.map(length), 0, 0, 0, 0];
  header.datatypeCode = datatype;
  header.numBitsPerVoxel = bits;
  header.vox_offset = VOXEL_OFFSET;
  header.scl_slope = slope;
  header.scl_inter = intercept;
  header.xyzt_units = MILLIMETRES;
  header.sform_code = SCANNER_ANATOMICAL;
  // Left and posterior become right and anterior.
  header.affine = [-1, -1, 1].map((sign, i) =>
    [...axes, origin].map((vector) => sign * vector[i]! + 0)
  );
  header.magic = "n+1";
  const start = new Uint8Array(VOXEL_OFFSET);
  start.set(new Uint8Array(header.toArrayBuffer()));
  return start;
}
