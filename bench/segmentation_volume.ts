/** A CT of 512x512x300 and a mask of five labels on it, for the benches of segmentations. */

import { geometryOfSeries, type Segment, writeNifti } from "../datastore/segmentation/mod.ts";
import { type DicomHeader, parseDicomHeader } from "../formats/mod.ts";
import { writeDicomFile } from "../testing/mod.ts";

const SIZE = 512;
const SLICES = 300;

/** Meaning of the labels. */
export const SEGMENTS: readonly Segment[] = [1, 2, 3, 4, 5].map((value) => ({
  value,
  label: `Ring ${value}`,
  algorithm: { type: "AUTOMATIC", name: "bench" },
}));

/** The images, without pixels, which no converter needs. */
export function ctFiles(): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: SLICES }, (_, slice) =>
    writeDicomFile({
      SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
      SOPInstanceUID: `2.25.${1000 + slice}`,
      Modality: "CT",
      StudyDate: "20190207",
      StudyTime: "090000",
      AccessionNumber: "",
      ReferringPhysicianName: "",
      StudyID: "1",
      PatientName: "Bench^Ring",
      PatientID: "BENCH",
      PatientBirthDate: "",
      PatientSex: "O",
      StudyInstanceUID: "2.25.1",
      SeriesInstanceUID: "2.25.2",
      SeriesNumber: 1,
      FrameOfReferenceUID: "2.25.3",
      PositionReferenceIndicator: "",
      Rows: SIZE,
      Columns: SIZE,
      PixelSpacing: [0.7, 0.7],
      SliceThickness: 1.25,
      ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
      ImagePositionPatient: [-180, -180, 1.25 * slice],
    }));
}

/** Headers of the images. */
export function ctHeaders(): DicomHeader[] {
  return ctFiles().map((bytes) => parseDicomHeader(bytes));
}

/** Five rings about the axis, on half of all voxels, as `.nii.gz`. */
export function ringMask(headers: readonly DicomHeader[]): Promise<Uint8Array<ArrayBuffer>> {
  const slice = new Uint8Array(SIZE * SIZE);
  for (let at = 0; at < slice.length; at++) {
    const distance = Math.hypot(at % SIZE - SIZE / 2, Math.floor(at / SIZE) - SIZE / 2);
    if (distance < 200) slice[at] = 1 + Math.floor(distance / 40);
  }
  const labels = new Uint8Array(SLICES * slice.length);
  for (let at = 0; at < labels.length; at += slice.length) labels.set(slice, at);
  return writeNifti({ ...geometryOfSeries(headers), labels }, { gzip: true });
}
