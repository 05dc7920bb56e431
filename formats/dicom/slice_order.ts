/**
 * The order of images.
 *
 * @module
 */

import type { DicomDataset } from "./dataset.ts";
import type { DicomHeader } from "./header.ts";

/** Where an image stands among others, see {@linkcode sliceKey}. */
export type SliceKey = readonly (string | number)[];

/**
 * What puts images in the order in which one leafs through them: series by number, slices by where they lie along
 * the normal of their plane, then by time and InstanceNumber. To be compared by {@linkcode compareSlices}.
 */
export function sliceKey(header: DicomHeader): SliceKey {
  return [
    header.number("SeriesNumber") ?? Infinity,
    header.string("SeriesInstanceUID") ?? "",
    header.strings("ImageOrientationPatient").join(),
    header.number("TemporalPositionIdentifier") ?? 0,
    Math.round(distanceOf(header) * 1000),
    header.string("AcquisitionTime") ?? "",
    header.number("InstanceNumber") ?? Infinity,
  ];
}

/** How far a plane lies along its normal, in mm; 0 where that is unknown. */
function distanceOf(header: DicomDataset): number {
  const [x = NaN, y = NaN, z = NaN] = header.numbers("ImagePositionPatient");
  const [a = NaN, b = NaN, c = NaN, d = NaN, e = NaN, f = NaN] = header.numbers(
    "ImageOrientationPatient",
  );
  const distance = x * (b * f - c * e) + y * (c * d - a * f) + z * (a * e - b * d);
  return Number.isFinite(distance) ? distance : 0;
}

/** Compares for sorting: below 0 when `a` comes first. */
export function compareSlices(a: SliceKey, b: SliceKey): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  }
  return 0;
}
