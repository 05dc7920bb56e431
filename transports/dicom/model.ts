/**
 * The four levels of the Query/Retrieve information models: what is asked, and what the answers become.
 *
 * @module
 */

import type { DicomElement } from "../../formats/dicom/element.ts";
import type { DicomHeader } from "../../formats/dicom/header.ts";
import { PersonName } from "../../formats/dicom/person_name.ts";
import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import { isUID } from "./names.ts";

/** Query/Retrieve levels (PS3.4 §C.6). */
export type QueryLevel = "PATIENT" | "STUDY" | "SERIES" | "IMAGE";

/** The unique key of each level. */
export const UNIQUE_KEY = {
  PATIENT: "PatientID",
  STUDY: "StudyInstanceUID",
  SERIES: "SeriesInstanceUID",
  IMAGE: "SOPInstanceUID",
} as const satisfies Record<QueryLevel, string>;

const PATIENT = ["PatientID", "PatientName", "PatientBirthDate", "PatientSex"];

/** What is asked at each level. */
export const KEYS: Readonly<Record<QueryLevel, readonly string[]>> = {
  PATIENT: [...PATIENT, "NumberOfPatientRelatedStudies"],
  STUDY: [
    "StudyInstanceUID",
    ...PATIENT,
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyID",
    "StudyDescription",
    "ModalitiesInStudy",
    "NumberOfStudyRelatedSeries",
    "NumberOfStudyRelatedInstances",
  ],
  SERIES: [
    "SeriesInstanceUID",
    "SeriesNumber",
    "Modality",
    "SeriesDescription",
    "BodyPartExamined",
    "NumberOfSeriesRelatedInstances",
  ],
  // Rows and Columns make some archives open every file, so that they are asked of single instances only.
  IMAGE: ["SOPInstanceUID", "SOPClassUID", "InstanceNumber", "NumberOfFrames"],
};

/** What is asked of a single instance besides. */
export const SIZE_KEYS: readonly string[] = ["Rows", "Columns"];

/** Attributes by keyword. What the archive does not support is absent, what it has no value for is null. */
export type Attributes = Readonly<
  Record<string, string | number | Date | PersonName | readonly string[] | null>
>;

/** One answer. */
export interface Row {
  /** The unique key: a PatientID or a UID. */
  readonly id: string;
  /** What the answer tells. */
  readonly attributes: Attributes;
}

/** Makes a row of an answer. @throws `Protocol` when its unique key is none */
export function rowOf(level: QueryLevel, answer: DicomHeader, { op, url }: Ask): Row {
  const id = answer.string(UNIQUE_KEY[level]) ?? "";
  if (level !== "PATIENT" && !isUID(id)) {
    const reason = `the archive sent ${JSON.stringify(id)} as ${UNIQUE_KEY[level]}`;
    throw new VfsError("Protocol", { op, url, reason, status: "permanent" });
  }
  return { id, attributes: attributesOf([...KEYS[level], ...SIZE_KEYS], answer) };
}

function attributesOf(keys: readonly string[], answer: DicomHeader): Attributes {
  const attributes: Record<string, Attributes[string]> = {};
  for (const key of keys) {
    const element = answer.element(key);
    if (element) attributes[key] = valueOf(key, element);
  }
  return attributes;
}

function valueOf(key: string, element: DicomElement): Attributes[string] {
  const { texts, vr } = element;
  const [text = ""] = texts;
  if (text === "") return null;
  if (vr === "DA") return dayOf(text) ?? text;
  if (vr === "PN") return new PersonName(text);
  if (key === "ModalitiesInStudy") return texts;
  if (vr !== "IS" && vr !== "US") return text;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** A day in UTC, also in the older form with dots (PS3.5 §6.2, VR DA). */
function dayOf(text: string): Date | undefined {
  const match = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : undefined;
}

/** The text of an attribute; empty when it is absent or has none. */
export function textOf({ attributes }: Row, key: string): string {
  const value = attributes[key];
  if (value instanceof Date) return value.toISOString().slice(0, 10).replaceAll("-", "");
  return value === null || value === undefined ? "" : String(value);
}

/** A number that the archive told. */
export function numberOf({ attributes }: Row, key: string): number | undefined {
  const value = attributes[key];
  return typeof value === "number" ? value : undefined;
}

/** What an entry tells. */
export function infoOf(level: QueryLevel, { attributes }: Row): Info {
  return level === "IMAGE"
    ? { kind: "file", mediaType: "application/dicom", attributes }
    : { kind: "directory", attributes };
}
