/**
 * The attributes that are indexed, by level (PS3.4 §C.6).
 *
 * @module
 */

import { entryByTag, tagByKeyword } from "../../formats/dicom/dictionary.ts";

/** Levels of the information models, from the top; patient keys are there in Study Root too. */
export const LEVELS = ["PATIENT", "STUDY", "SERIES", "IMAGE"] as const;

/** Value of QueryRetrieveLevel (0008,0052). */
export type Level = typeof LEVELS[number];

/** The key that names an entity of a level. */
export const UNIQUE_KEY: Readonly<Record<Level, string>> = {
  PATIENT: "PatientID",
  STUDY: "StudyInstanceUID",
  SERIES: "SeriesInstanceUID",
  IMAGE: "SOPInstanceUID",
};

/** An attribute that is read from each file and kept. */
export interface Attribute {
  /** Keyword, and name of the column. */
  readonly keyword: string;
  /** Tag as a number. */
  readonly tag: number;
  /** VR. */
  readonly vr: string;
  /** Whether it may have several values. */
  readonly isMultiple: boolean;
  /** Level whose entities have it. */
  readonly level: Level;
}

const KEYWORDS: Readonly<Record<Level, string>> = {
  PATIENT: "PatientID PatientName IssuerOfPatientID PatientBirthDate PatientSex OtherPatientIDs",
  STUDY: "StudyInstanceUID StudyDate StudyTime AccessionNumber StudyID StudyDescription " +
    "ReferringPhysicianName PatientAge",
  SERIES: "SeriesInstanceUID Modality SeriesNumber SeriesDescription SeriesDate SeriesTime " +
    "BodyPartExamined ProtocolName Laterality Manufacturer ManufacturerModelName StationName " +
    "InstitutionName PerformedProcedureStepStartDate PerformedProcedureStepStartTime",
  IMAGE: "SOPInstanceUID SOPClassUID InstanceNumber ImageType ContentDate ContentTime " +
    "AcquisitionNumber NumberOfFrames Rows Columns",
};

/** All of them. */
export const ATTRIBUTES: readonly Attribute[] = LEVELS.flatMap((level) =>
  KEYWORDS[level].split(" ").map((keyword) => {
    const tag = tagByKeyword(keyword)!;
    const { vr, vm } = entryByTag(tag)!;
    return { keyword, tag, vr, isMultiple: vm !== "1", level };
  })
);

/** The attribute with a tag. */
export const ATTRIBUTE_BY_TAG: ReadonlyMap<number, Attribute> = new Map(
  ATTRIBUTES.map((attribute) => [attribute.tag, attribute]),
);

const BY_LEVEL = Map.groupBy(ATTRIBUTES, ({ level }) => level);

/** The attributes of a level. */
export function attributesOf(level: Level): readonly Attribute[] {
  return BY_LEVEL.get(level)!;
}

/** Where the header can be left: no attribute above is indexed. */
export const LAST_TAG: number = Math.max(...ATTRIBUTES.map(({ tag }) => tag)) + 1;
