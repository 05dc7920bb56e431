/**
 * The header of a NIfTI file, as far as a mask needs it.
 *
 * @module
 */

import type { NIFTI1, NIFTI2 } from "nifti-reader-js";
import { isNifti } from "../../formats/kinds/nifti.ts";
import type { Grid } from "./grid.ts";
import type { Complain } from "./errors.ts";
import { cross, dot, length, type Vector } from "./vector.ts";

/** What a NIfTI header says about a mask. */
export interface NiftiHeader {
  /** Where the voxels lie. */
  readonly grid: Grid;
  /** NIfTI's code of the voxels' type. */
  readonly datatype: number;
  /** Byte order of the voxels. */
  readonly littleEndian: boolean;
  /** Stored values times `slope` plus `intercept` are the values. */
  readonly slope: number;
  /** See `slope`. */
  readonly intercept: number;
  /** Byte offset of the first voxel. */
  readonly voxelOffset: number;
}

/** Length of the header of NIfTI-2, the longer one. */
export const LONGEST_HEADER = 540;
const SHORTEST_HEADER = 348;

/** Millimetres by the code of the unit; 0 is unknown, which is mm in practice. */
const UNIT_MM: Readonly<Record<number, number>> = { 0: 1, 1: 1000, 2: 1, 3: 0.001 };
// Extensions before the voxels are skipped, within reason.
const HIGHEST_OFFSET = 64 * 1024 * 1024;

/**
 * Reads the header of a mask from the first 540 bytes of a NIfTI-1 or NIfTI-2 file (nifti1.h, nifti2.h),
 * or from all when there are fewer.
 *
 * @throws {SegmentationError} for what is no mask of three dimensions with a place in the patient
 */
export async function readNiftiHeader(bytes: Uint8Array, complain: Complain): Promise<NiftiHeader> {
  const version = versionOf(bytes, complain);
  const library = await import("nifti-reader-js");
  const parse = (from: Uint8Array) => {
    const header = version === 1 ? new library.NIFTI1() : new library.NIFTI2();
    header.readHeader(from.slice().buffer);
    return header;
  };
  const headerBytes = bytes.subarray(0, version === 1 ? SHORTEST_HEADER : LONGEST_HEADER);
  const header = parse(headerBytes);
  const shape = shapeOf(header.dims, complain);
  const { scl_slope, scl_inter, vox_offset } = header;
  const isScaled = Number.isFinite(scl_slope) && scl_slope !== 0;
  if (!Number.isInteger(vox_offset) || vox_offset < headerBytes.length) {
    throw complain("Damaged", `its voxels cannot start at byte ${vox_offset}`);
  }
  if (vox_offset > HIGHEST_OFFSET) {
    throw complain("TooLarge", `its voxels start at byte ${vox_offset}`);
  }
  return {
    grid: {
      shape,
      ...placeOf(rowsOf(header, headerBytes, parse, library, complain), header, complain),
    },
    datatype: header.datatypeCode,
    littleEndian: header.littleEndian,
    slope: isScaled ? scl_slope : 1,
    intercept: isScaled && Number.isFinite(scl_inter) ? scl_inter : 0,
    voxelOffset: vox_offset,
  };
}

function versionOf(bytes: Uint8Array, complain: Complain): 1 | 2 {
  if (!isNifti(bytes)) throw complain("NotNifti", "it is not a NIfTI file");
  const version = bytes[4] === 0x6E && bytes[6] === 0x32 ? 2 : 1;
  const magicAt = version === 1 ? 344 : 4;
  if (bytes[magicAt + 1] !== 0x2B) {
    throw complain("Unsupported", "it is half of a pair of files (.hdr and .img), not one file");
  }
  if (version === 2 && bytes.length < LONGEST_HEADER) {
    throw complain("Truncated", `it ends after ${bytes.length} of ${LONGEST_HEADER} bytes`);
  }
  return version;
}

function shapeOf(dims: readonly number[], complain: Complain): [number, number, number] {
  const [count = 0, ...sizes] = dims;
  if (!Number.isInteger(count) || count < 1 || count > 7) {
    throw complain("Damaged", `it cannot have ${count} dimensions`);
  }
  const used = sizes.slice(0, count);
  const wrong = used.find((size) => !Number.isSafeInteger(size) || size < 1);
  if (wrong !== undefined) throw complain("Damaged", `a dimension cannot have ${wrong} voxels`);
  if (used.slice(3).some((size) => size > 1)) {
    throw complain("NotAMask", `it has ${used.join("x")} voxels, which are several volumes`);
  }
  return [used[0]!, used[1] ?? 1, used[2] ?? 1];
}

/** Rows of the affine matrix from voxel index to right, anterior, head. */
function rowsOf(
  header: NIFTI1 | NIFTI2,
  bytes: Uint8Array,
  parse: (bytes: Uint8Array) => NIFTI1 | NIFTI2,
  library: typeof import("nifti-reader-js"),
  complain: Complain,
): number[][] {
  if (header.sform_code > 0) {
    // The library gives the qform where its code is higher; everybody else prefers the sform.
    const withoutQform = bytes.slice();
    const at = header instanceof library.NIFTI1 ? [252, 254] : [344, 348];
    withoutQform.fill(0, ...at);
    return parse(withoutQform).affine;
  }
  if (header.qform_code <= 0) {
    throw complain(
      "NoPosition",
      "it does not say where it lies (there is neither sform nor qform)",
    );
  }
  const { quatern_b, quatern_c, quatern_d, qoffset_x, qoffset_y, qoffset_z } = header;
  const [qfac = 1, dx = 0, dy = 0, dz = 0] = header.pixDims;
  // The library's own matrix is NaN where rounding makes the quaternion longer than 1.
  return new library.NIFTI1().convertNiftiQFormToNiftiSForm(
    quatern_b,
    quatern_c,
    quatern_d,
    qoffset_x,
    qoffset_y,
    qoffset_z,
    dx,
    dy,
    dz,
    qfac,
  );
}

/** Right and anterior become left and posterior. */
function placeOf(
  rows: readonly (readonly number[])[],
  { xyzt_units }: NIFTI1 | NIFTI2,
  complain: Complain,
): Pick<Grid, "origin" | "axes"> {
  const unit = UNIT_MM[xyzt_units & 7] ?? NaN;
  const column = (index: number): Vector => [
    0 - rows[0]![index]! * unit,
    0 - rows[1]![index]! * unit,
    0 + rows[2]![index]! * unit,
  ];
  const axes = [column(0), column(1), column(2)] as const;
  const volume = dot(cross(axes[0], axes[1]), axes[2]);
  const isUsable = [...axes, column(3)].every((vector) => vector.every(Number.isFinite)) &&
    Math.abs(volume) > 1e-6 * length(axes[0]) * length(axes[1]) * length(axes[2]);
  if (!isUsable) throw complain("Damaged", "its affine matrix is not one of a volume");
  return { origin: column(3), axes };
}
