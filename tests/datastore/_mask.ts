/** Small series and masks on them. */

import { parseDicomHeader } from "../../formats/mod.ts";
import { geometryOfSeries, type SeriesGeometry } from "../../datastore/segmentation/mod.ts";
import { writeNifti } from "../../datastore/segmentation/mod.ts";
import { phantomStudy } from "../../testing/mod.ts";

/** Slices of the series. */
export const SLICES = 4;

/** The first slices of an axial CT series. */
export async function axialSeries(
  seed = 1,
): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }[]> {
  const files = [];
  for await (const { path, bytes } of phantomStudy({ modalities: ["CT"], seed })) {
    if (path[2] === "2-AXIAL" && files.length < SLICES) files.push({ name: path[3]!, bytes });
  }
  return files;
}

/** Where the series lies. */
export async function geometry(seed = 1): Promise<SeriesGeometry> {
  return geometryOfSeries((await axialSeries(seed)).map(({ bytes }) => parseDicomHeader(bytes)));
}

/** A mask on the series, as `.nii.gz`, with `count` voxels of `value`. */
export async function maskOf(
  value: number,
  count = 40,
  seed = 1,
): Promise<Uint8Array<ArrayBuffer>> {
  const labels = new Uint8Array(128 * 128 * SLICES);
  labels.fill(value, 5000, 5000 + count);
  return await writeNifti({ ...await geometry(seed), labels }, { gzip: true });
}
