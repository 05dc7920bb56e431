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
  once,
  type Resource,
  same,
  type Subject,
} from "./model.ts";

/**
 * Columns of a resource that is joined to the rows of another list, after what leads to it. The schema joins
 * `xnat:abstractResource`, which has neither format nor content.
 */
const RESOURCE_COLUMNS = ["xnat_abstractresource_id", "label", "file_count", "file_size"];

/** Columns that join the resources at `path`, such as `xnat:subjectData/resources/resource`. */
export function resourceColumns(path: string): string {
  return RESOURCE_COLUMNS.map((column) => `${path}/${column}`).join(",");
}

/** Where the resources of a subject are joined from. */
const OF_SUBJECT = "xnat:subjectData/resources/resource";

const OF_ALL = "ID,label,xsiType,subject_ID,project,date,time,insert_date,last_modified";
/** Columns of lists of experiments. One that only sessions have would leave out all others. */
export const EXPERIMENT_COLUMNS = `${OF_ALL},subject_label`;
/** Columns of lists of experiments that say of which type they are. */
export const SESSION_COLUMNS = `${OF_ALL},modality`;
/** Columns of lists of assessors. */
export const ASSESSOR_COLUMNS = "ID,label,xsiType,project,date,insert_date";
/** Columns of lists of subjects. */
export const SUBJECT_COLUMNS = "ID,label,project,gender,yob,insert_date,last_modified";
/** The same with their resources, as far as the server joins them. */
export const SUBJECT_AND_RESOURCE_COLUMNS = `${SUBJECT_COLUMNS},${resourceColumns(OF_SUBJECT)}`;
/** Columns of lists of scans. */
export const SCAN_COLUMNS =
  "ID,type,quality,xsiType,note,series_description,frames,modality,UID,condition";

/** The projects of rows. */
export function projectsOf(rows: Row[]): Named[] {
  return once(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.name ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same("ID", "name", "secondary_ID", "description")),
  })));
}

/** The subjects of rows; one that has several resources comes several times. */
export function subjectsOf(rows: Row[]): Subject[] {
  // The join with resources gives a row for each of them.
  const groups = Map.groupBy(rows, (row) => row.ID ?? "");
  return named([...groups].map(([id, rows]) => ({
    id,
    label: rows[0]!.label ?? "",
    attributes: attributesOf(
      rows[0]!,
      same("ID", "label", "project", "gender", "yob", "insert_date"),
    ),
    resources: joinedResources(rows, OF_SUBJECT, "resources", ""),
  })));
}

const EXPERIMENT_ATTRIBUTES = same(...SESSION_COLUMNS.split(","), "subject_label");

/** The experiments of rows. */
export function experimentsOf(rows: Row[]): Experiment[] {
  return named(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.label ?? "",
    subjectId: row.subject_ID ?? "",
    subjectLabel: row.subject_label ?? "",
    attributes: attributesOf(row, EXPERIMENT_ATTRIBUTES),
  })));
}

/** The scans of rows. */
export function scansOf(rows: Row[]): Named[] {
  return once(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.series_description ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same(...SCAN_COLUMNS.split(","))),
  })));
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
  return once(rows.map((row) => ({
    id: row.ID ?? "",
    label: row.type ?? "",
    name: row.ID ?? "",
    attributes: attributesOf(row, same("ID", "type", "baseScanType")),
  })));
}

/**
 * The resources that are joined to `rows` of one object; `undefined` where the server does not join them.
 */
export function joinedResources(
  rows: readonly Row[],
  path: string,
  category: string,
  ownerId: string,
): Resource[] | undefined {
  const key = (column: string) => `${path}/${column}`.toLowerCase();
  if (rows.some((row) => row[key("xnat_abstractresource_id")] === undefined)) return undefined;
  const found = new Map<string, Omit<Resource, "name">>();
  for (const row of rows) {
    const id = row[key("xnat_abstractresource_id")]!;
    const plain = Object.fromEntries(RESOURCE_COLUMNS.map((each) => [each, row[key(each)] ?? ""]));
    const attributes = attributesOf(plain, same(...RESOURCE_COLUMNS));
    if (id !== "") found.set(id, { id, label: plain.label!, category, ownerId, attributes });
  }
  return namedResources([...found.values()]);
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
): (T & Pick<Resource, "name" | "isMistakable">)[] {
  const others = new Set(group.filter(({ id, label }) => label !== id).map(({ label }) => label));
  return named(group, (label) => isShowable(label) && !DIGITS.test(label))
    .map((each) => others.has(each.id) ? { ...each, isMistakable: true } : each);
}
