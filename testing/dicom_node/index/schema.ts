/**
 * The tables of the index: one for each level, one for files that are no instances.
 *
 * @module
 */

import { attributesOf, type Level, UNIQUE_KEY } from "../attributes.ts";

/** Table of a level. */
export const TABLE: Readonly<Record<Level, string>> = {
  PATIENT: "patient",
  STUDY: "study",
  SERIES: "series",
  IMAGE: "instance",
};

/** Columns that hold the folded component groups of a name. */
export const NAME_COLUMNS = ["1", "2", "3"] as const;

/** The table of a level, joined with those above it. */
export const JOINED: Readonly<Record<Level, string>> = {
  PATIENT: "patient",
  STUDY: "study JOIN patient ON patient.id = study.patient",
  SERIES: "series JOIN study ON study.id = series.study JOIN patient ON patient.id = study.patient",
  IMAGE: "instance JOIN series ON series.id = instance.series " +
    "JOIN study ON study.id = series.study JOIN patient ON patient.id = study.patient",
};

/** Columns of a level's values, in the order of {@linkcode attributesOf}. */
export function columnsOf(level: Level): string[] {
  return attributesOf(level).flatMap(({ keyword, vr }) =>
    vr === "PN" ? [keyword, ...NAME_COLUMNS.map((group) => keyword + group)] : [keyword]
  );
}

/** Tells our files from other databases of SQLite: `medv`. */
export const APPLICATION = 0x6D656476;

/** Raised with the tables: an index of another version is made anew. */
export const SCHEMA_VERSION = 3;

function table(level: Level, more: string): string {
  const columns = columnsOf(level).map((name) => `${name} TEXT`).join(", ");
  return `CREATE TABLE ${TABLE[level]} (id INTEGER PRIMARY KEY, ${columns}, ${more}) STRICT;`;
}

/** Makes the tables. */
export const CREATE: string = [
  table("PATIENT", `UNIQUE (${UNIQUE_KEY.PATIENT})`),
  table("STUDY", `patient INTEGER NOT NULL, UNIQUE (${UNIQUE_KEY.STUDY})`),
  table("SERIES", `study INTEGER NOT NULL, UNIQUE (study, ${UNIQUE_KEY.SERIES})`),
  table(
    "IMAGE",
    `series INTEGER NOT NULL, transferSyntax TEXT NOT NULL, path TEXT NOT NULL UNIQUE, size INTEGER,
     mtime INTEGER, etag TEXT, datasetOffset INTEGER NOT NULL, UNIQUE (${UNIQUE_KEY.IMAGE})`,
  ),
  // With the UID of an instance that another file has.
  "CREATE TABLE other (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, etag TEXT, uid TEXT) STRICT;",
  "CREATE INDEX patient_name ON patient (PatientName1);",
  "CREATE INDEX study_patient ON study (patient);",
  "CREATE INDEX study_date ON study (StudyDate, StudyTime);",
  "CREATE INDEX study_accession ON study (AccessionNumber);",
  "CREATE INDEX series_uid ON series (SeriesInstanceUID);",
  "CREATE INDEX instance_class ON instance (SOPClassUID, transferSyntax);",
  "CREATE INDEX instance_series ON instance (series);",
].join("\n");
