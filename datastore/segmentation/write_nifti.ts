/**
 * Masks as NIfTI files.
 *
 * @module
 */

import type { Mask } from "./nifti.ts";
import { niftiStart } from "./nifti_start.ts";

/** How a mask is written. */
export interface WriteNiftiOptions {
  /** Compress it, as `.nii.gz`. */
  readonly gzip?: boolean;
}

const UINT8 = 2;
const UINT16 = 512;

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
  const { labels } = mask;
  const datatype = labels instanceof Uint8Array ? UINT8 : UINT16;
  const start = await niftiStart(mask, { datatype, bits: 8 * labels.BYTES_PER_ELEMENT });
  const bytes = new Uint8Array(start.length + labels.byteLength);
  bytes.set(start);
  bytes.set(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength), start.length);
  return options.gzip ? await gzipped(bytes) : bytes;
}

async function gzipped(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const [{ gzip }, { promisify }] = await Promise.all([import("node:zlib"), import("node:util")]);
  return new Uint8Array(await promisify(gzip)(bytes));
}
