/**
 * Rows of XNAT's tables as objects of an archive.
 *
 * @module
 */

import { isShowable } from "./address.ts";
import type { Row } from "./client.ts";
import {
  attributesOf,
  type Experiment,
  type Named,
  named,
  type Resource,
  same,
  type Subject,
} from "./model.ts";

/** Columns of lists of experiments. */
export const EXPERIMENT_COLUMNS =
  "ID,label,xsiType,subject_ID,subject_label,project,date,time,modality,insert_date,last_modified";
/** Columns of lists of subjects. */
export const SUBJECT_COLUMNS =
  "ID,label,project,gender,yob,insert_date,last_modified,xnat:subjectData/resources/resource/label";
/** Columns of lists of scans. */
export const SCAN_COLUMNS =
  "ID,type,quality,xsiType,note,series_description,frames,modality,UID,condition";

/** The projects of rows. */
export function projectsOf(rows: Row[]): Named[] {
  return rows.map((row) => ({
    id: row.ID ?? "",
    label: row.name ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same("ID", "name", "secondary_ID", "description")),
  }));
}

/** The subjects of rows; one that has several resources comes several times. */
export function subjectsOf(rows: Row[]): Subject[] {
  const column = "xnat:subjectdata/resources/resource/label";
  // The join with resources gives a row for each of them.
  const groups = Map.groupBy(rows, (row) => row.ID ?? "");
  return named([...groups].map(([id, [row, ...others]]) => ({
    id,
    label: row!.label ?? "",
    attributes: attributesOf(row!, same("ID", "label", "project", "gender", "yob", "insert_date")),
    hasResources: row![column] === undefined ? undefined : others.length > 0 || row![column] !== "",
  })));
}

/** The experiments of rows. */
export function experimentsOf(rows: Row[]): Experiment[] {
  return named(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.label ?? "",
    subjectId: row.subject_ID ?? "",
    subjectLabel: row.subject_label ?? "",
    attributes: attributesOf(row, same(...EXPERIMENT_COLUMNS.split(","))),
  })));
}

/** The scans of rows. */
export function scansOf(rows: Row[]): Named[] {
  return rows.map((row) => ({
    id: row.ID ?? "",
    label: row.series_description ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same(...SCAN_COLUMNS.split(","))),
  }));
}

/** The assessors of rows. */
export function assessorsOf(rows: Row[]): Named[] {
  return named(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.label ?? "",
    attributes: attributesOf(row, same("ID", "label", "xsiType", "project", "date")),
  })));
}

/** The reconstructions of rows. */
export function reconstructionsOf(rows: Row[]): Named[] {
  return rows.map((row) => ({
    id: row.ID ?? "",
    label: row.type ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same("ID", "type", "baseScanType")),
  }));
}

const DIGITS = /^[0-9]+$/;

/** The resources of rows. */
export function resourcesOf(rows: Row[]): Resource[] {
  const all = rows.map((row) => ({
    id: row.xnat_abstractresource_id ?? "",
    label: row.label ?? "",
    category: row.category ?? "",
    ownerId: (row.cat_id ?? "").trim(),
    attributes: attributesOf(
      row,
      same(
        "xnat_abstractresource_id",
        "label",
        "format",
        "content",
        "tags",
        "file_count",
        "file_size",
      ),
    ),
  }));
  // Names are unique where the resources hang, not in the whole session.
  const groups = Map.groupBy(all, ({ category, ownerId }) => `${category} ${ownerId}`);
  return [...groups.values()].flatMap((group) => namedResources(group));
}

/** Names the resources of one object: by label, unless two have it or it reads as a number. */
export function namedResources<T extends Omit<Named, "name">>(
  group: readonly T[],
): (T & { readonly name: string })[] {
  return named(group, (label) => isShowable(label) && !DIGITS.test(label));
}
