/**
 * What the importer reads of each DICOM object.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { FormatError, isDicom, readDicomHeader } from "../../../formats/mod.ts";
import { baseName } from "../files/path.ts";

/** One DICOM object that came in. */
export interface DicomObject {
  readonly bytes: Uint8Array;
  /** Name in the archive. */
  readonly name: string;
  /** The archive's own name for it, where another instance has that one. */
  readonly safeName: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly instanceNumber: string;
  readonly seriesNumber: string;
  readonly modality: string;
  readonly patientName: string;
  readonly patientId: string;
  readonly studyDescription: string;
  readonly frames: number;
  readonly sessionFields: Readonly<Record<string, string>>;
  readonly scanFields: Readonly<Record<string, string>>;
  readonly date: string;
  readonly time: string;
}

/** Reads an object; undefined for what is not DICOM. `isStrict` wants a class; `rename` gives it the archive's own name. */
export async function readObject(
  path: string,
  bytes: Uint8Array,
  { isStrict, rename }: { readonly isStrict: boolean; readonly rename: boolean },
): Promise<DicomObject | undefined> {
  if (!(await isDicom(bytes))) return;
  let header;
  try {
    header = await readDicomHeader(bytes);
  } catch (error) {
    if (error instanceof FormatError) return;
    throw error;
  }
  const text = (keyword: Parameters<typeof header.string>[0]) => header.string(keyword) ?? "";
  const [studyUid, seriesUid] = [text("StudyInstanceUID"), text("SeriesInstanceUID")];
  const sopUid = text("SOPInstanceUID");
  if (!studyUid || !seriesUid || !sopUid || isStrict && !text("SOPClassUID")) return;
  const seriesNumber = text("SeriesNumber");
  const instanceNumber = text("InstanceNumber");
  const hash = createHash("md5").update(text("SOPClassUID") + sopUid).digest("hex").slice(0, 7);
  const safeName = `${[studyUid, seriesNumber, instanceNumber, hash].join("-")}.dcm`;
  return {
    bytes,
    name: rename ? safeName : baseName(path),
    safeName,
    studyUid,
    seriesUid,
    sopUid,
    instanceNumber,
    seriesNumber,
    modality: text("Modality"),
    patientName: text("PatientName"),
    patientId: text("PatientID"),
    studyDescription: text("StudyDescription"),
    frames: header.number("NumberOfFrames") ?? 1,
    date: text("StudyDate") || text("SeriesDate"),
    time: text("StudyTime") || text("SeriesTime"),
    sessionFields: filled({
      UID: studyUid,
      study_id: text("StudyID"),
      dcmAccessionNumber: text("AccessionNumber"),
      dcmPatientId: text("PatientID"),
      dcmPatientName: text("PatientName"),
      "scanner/manufacturer": text("Manufacturer"),
      "scanner/model": text("ManufacturerModelName"),
      session_type: text("StudyDescription"),
      acquisition_site: text("InstitutionName"),
      operator: text("OperatorsName"),
    }),
    scanFields: filled({
      UID: seriesUid,
      type: text("SeriesDescription"),
      series_description: text("SeriesDescription"),
      modality: text("Modality"),
      "scanner/manufacturer": text("Manufacturer"),
      "scanner/model": text("ManufacturerModelName"),
      quality: "usable",
    }),
  };
}

function filled(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
}
