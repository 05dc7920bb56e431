/**
 * Tests that a DICOM archive answers itself, so that no file need be read.
 *
 * @module
 */

import type { Entry } from "../../vfs/entry.ts";
import { Operand } from "../operand.ts";
import type { HeaderTestOptions, TagTest } from "./header_filter.ts";

/** One search: of an archive, or of all other places. */
export interface Search {
  /** Where, with what an archive is asked. */
  readonly tops: readonly Operand[];
  /** Whether an entry is none that an earlier search gave. */
  readonly isNew: (entry: Entry) => boolean;
}

/** The searches that together find what is wanted, and the tests that are left for headers. */
export interface ArchiveQuery {
  /** One, or one for each attribute that may match. */
  readonly searches: readonly Search[];
  /** Tests that only headers answer. */
  readonly rest: HeaderTestOptions;
}

/** Attributes that archives can be asked for, see the `dicom:` driver's filters. */
const KEYS: ReadonlySet<string> = new Set([
  "PatientID",
  "PatientName",
  "PatientBirthDate",
  "PatientSex",
  "StudyDate",
  "AccessionNumber",
  "StudyID",
  "StudyDescription",
  "Modality",
  "SeriesNumber",
  "SeriesDescription",
  "BodyPartExamined",
]);

/** Whether a place is in an archive that can be asked. */
export function isArchive({ location }: Pick<Operand, "location">): boolean {
  return location.scheme === "dicom" || location.scheme === "dicoms";
}

/** Makes the searches below `top`. */
export function archiveQuery(top: Operand, options: HeaderTestOptions): ArchiveQuery {
  const { modality, patient, studyDate, accession, tag = [], ...rest } = options;
  const common: [string, string][] = tag.filter(isKey).map(({ name, glob }) => [name, glob]);
  if (modality !== undefined) common.push(["Modality", modality]);
  if (accession !== undefined) common.push(["AccessionNumber", accession]);
  if (studyDate) common.push(["StudyDate", rangeText(studyDate)]);
  const alternatives: [string, string][][] = patient === undefined
    ? [[]]
    : [[["PatientID", patient]], [["PatientName", patient]]];
  const given = new Set<string>();
  const searches = alternatives.map((more, i) => ({
    tops: [withQuery(top, [...common, ...more])],
    isNew(entry: Entry) {
      // A series is wholly found by one of them, or not at all.
      const key = (entry.isFile ? entry.location.parent() : entry.location)?.href ?? "";
      if (i === 0 && alternatives.length > 1) given.add(key);
      return i === 0 || !given.has(key);
    },
  }));
  return { searches, rest: { ...rest, tag: tag.filter((test) => !isKey(test)) } };
}

function isKey({ name }: TagTest): boolean {
  return KEYS.has(name);
}

function rangeText({ first, last }: { readonly first: string; readonly last: string }): string {
  if (first === last) return first;
  return `${first === "00000000" ? "" : first}-${last === "99999999" ? "" : last}`;
}

function withQuery(top: Operand, keys: readonly (readonly [string, string])[]): Operand {
  if (keys.length === 0) return top;
  const query = keys.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
  return new Operand(`${top.where}${top.location.query === "" ? "?" : "&"}${query}`);
}
