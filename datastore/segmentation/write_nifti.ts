import { SegmentationError } from "./errors.ts";
import type { Mask } from "./nifti.ts";
import { length } from "./vector.ts";

/** How a mask is written. */
export interface WriteNiftiOptions {
  /** Compress it, as `.nii.gz`. */
  readonly gzip?: boolean;
}

const UINT8 = 2;
const UINT16 = 512;
const MILLIMETRES = 2;
const SCANNER_ANATOMICAL = 1;
const VOXEL_OFFSET = 352;
/** `dim` has 16 bits in NIfTI-1. */
const LONGEST_AXIS = 32767;

/**
 * Writes a mask as NIfTI-1: uint8, or uint16 where a label is above 255; its place as the sform, which
 * alone can hold the skew of a tilted gantry.
 *
 * @throws {SegmentationError} `TooLarge` for an axis of more than 32767 voxels
 *
 * @example
 * ```ts
 * import { labelFormat, writeNifti } from "@medvfs/vfs/datastore";
 * import { strict as assert } from "node:assert";
 *
 * const grid = { origin: [0, 0, 0], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 3]] } as const;
 * const mask = { ...grid, shape: [2, 1, 1], labels: Uint8Array.of(0, 1) } as const;
 * assert.equal(await labelFormat(await writeNifti(mask, { gzip: true })), "nii.gz");
 * ```
 */
export async function writeNifti(
  mask: Mask,
  options: WriteNiftiOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { shape, labels } = mask;
  if (Math.max(...shape) > LONGEST_AXIS) {
    const reason = `${shape.join("x")} voxels are too many for NIfTI-1`;
    throw new SegmentationError("TooLarge", { op: "write the mask", url: "mask", reason });
  }
  const bytes = new Uint8Array(VOXEL_OFFSET + labels.byteLength);
  bytes.set(await headerOf(mask));
  bytes.set(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength), VOXEL_OFFSET);
  return options.gzip ? await gzipped(bytes) : bytes;
}

async function headerOf({ shape, origin, axes, labels }: Mask): Promise<Uint8Array> {
  const { NIFTI1 } = await import("nifti-reader-js");
  const header = new NIFTI1();
  header.littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  header.dims = [3, ...shape, 1, 1, 1, 1];
  header.pixDims = [1, ...axes.map(length), 0, 0, 0, 0];
  header.datatypeCode = labels instanceof Uint8Array ? UINT8 : UINT16;
  header.numBitsPerVoxel = 8 * labels.BYTES_PER_ELEMENT;
  header.vox_offset = VOXEL_OFFSET;
  header.xyzt_units = MILLIMETRES;
  header.sform_code = SCANNER_ANATOMICAL;
  // Left and posterior become right and anterior.
  header.affine = [-1, -1, 1].map((sign, i) =>
    [...axes, origin].map((vector) => sign * vector[i]! + 0)
  );
  header.magic = "n+1";
  return new Uint8Array(header.toArrayBuffer());
}

async function gzipped(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const [{ gzip }, { promisify }] = await Promise.all([import("node:zlib"), import("node:util")]);
  return new Uint8Array(await promisify(gzip)(bytes));
}
