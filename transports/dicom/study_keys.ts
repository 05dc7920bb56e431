/**
 * What a study is looked for by.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/dicom/header.ts";
import type { Keys } from "./filters.ts";
import { type Row, textOf } from "./model.ts";

/** Values that a study must have. */
export interface StudyKeys {
  /** PatientID; empty for patients without one. */
  readonly PatientID?: string;
  /** A day. */
  readonly StudyDate?: string;
  /** AccessionNumber. */
  readonly AccessionNumber?: string;
  /** UID. */
  readonly StudyInstanceUID?: string;
}

/** As keys of a query. */
export function definedOf(wanted: StudyKeys): Keys {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

/** Whether an answer has these values: servers compare loosely, and take an empty value and wildcards for more. */
export function isExactly(wanted: StudyKeys, answer: DicomHeader): boolean {
  return Object.entries(definedOf(wanted)).every(([key, value]) => {
    if (!answer.has(key)) return value !== "";
    const text = answer.string(key) ?? "";
    return key === "StudyDate" ? text.replaceAll(".", "").startsWith(value) : text === value;
  });
}

/** Whether a row is known to have the values. */
export function hasValues(row: Row, wanted: StudyKeys): boolean {
  return Object.entries(definedOf(wanted)).every(([key, value]) =>
    key in row.attributes && textOf(row, key) === value
  );
}
