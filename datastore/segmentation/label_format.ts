/**
 * What kind of file a label is.
 *
 * @module
 */

import { type ByteSource, bytesSource } from "../../formats/byte_source.ts";
import { readDicomHeader } from "../../formats/mod.ts";
import { gunzipSlice, sniffBytes } from "../../formats/sniff.ts";
import { SEGMENTATION_STORAGES } from "./read_seg.ts";

/**
 * What a label file is, in the words of its extension; `dcm-seg` is a DICOM segmentation, `dcm` another
 * DICOM file.
 */
export type LabelFormat =
  | "nii"
  | "nii.gz"
  | "nrrd"
  | "seg.nrrd"
  | "dcm-seg"
  | "dcm"
  | "json"
  | "unknown";

const SLICE = 1024;
/** A NRRD header ends at its first empty line; those of Slicer have some hundred bytes a segment. */
const NRRD_HEADER = 1024 * 1024;

/**
 * Tells what a label file is by its content, whatever its name says.
 *
 * @example
 * ```ts
 * import { labelFormat } from "@medvfs/vfs/datastore";
 * import { strict as assert } from "node:assert";
 *
 * const nrrd = "NRRD0004\ntype: uchar\nSegment0_Name:=liver\n\n";
 * assert.equal(await labelFormat(new TextEncoder().encode(nrrd)), "seg.nrrd");
 * ```
 */
export async function labelFormat(source: ByteSource | Uint8Array): Promise<LabelFormat> {
  const bytes = source instanceof Uint8Array ? bytesSource(source) : source;
  const start = await bytes.read(0, SLICE);
  switch (sniffBytes(start)) {
    case "nifti":
      return "nii";
    case "gzip":
      return sniffBytes(await gunzipSlice(bytes, SLICE)) === "nifti" ? "nii.gz" : "unknown";
    case "nrrd":
      return isSegNrrd(await bytes.read(0, NRRD_HEADER)) ? "seg.nrrd" : "nrrd";
    case "dicom":
      return await dicomKind(bytes);
    case "json":
      return "json";
    default:
      return "unknown";
  }
}

async function dicomKind(bytes: ByteSource): Promise<LabelFormat> {
  const header = await readDicomHeader(bytes, { until: "SOPInstanceUID" });
  return SEGMENTATION_STORAGES.includes(header.string("SOPClassUID") ?? "") ? "dcm-seg" : "dcm";
}

/** 3D Slicer's keys of segments, `Segment0_Name:=liver`. */
function isSegNrrd(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes);
  const [header = ""] = text.split(/\r?\n\r?\n/, 1);
  return /^Segment(\d+_|ation_)\w+:=/m.test(header);
}
