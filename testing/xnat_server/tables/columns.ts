/**
 * What a column of a list means: shortcuts, xpaths, and joins with scans, resources and shares.
 *
 * @module
 */

import { own } from "../own.ts";
import type {
  Archive,
  Experiment,
  Item,
  Project,
  Reconstruction,
  Resource,
  Scan,
  Share,
  Subject,
} from "../model/types.ts";
import { labelIn } from "../model/find.ts";
import { parseXPath, timestamp } from "../model/fields.ts";
import { headerOf } from "./headers.ts";
import { fieldOf, isA, type Kind, lineage, ROOT_TYPE, shortcut } from "../model/schema.ts";

/** One row before it becomes text: an object and what is joined to it. */
export interface JoinedRow {
  readonly archive: Archive;
  readonly kind: Kind;
  readonly item: Item;
  /** The project through which it is seen. */
  readonly project?: string;
  /** The session of a scan, an assessor or a reconstruction. */
  readonly session?: Experiment;
  readonly scan?: Scan;
  /** A resource of the scan. */
  readonly scanResource?: Resource;
  /** A resource of the object itself. */
  readonly resource?: Resource;
  /** What an assessor was made of. */
  readonly input?: Resource;
  readonly share?: Share;
}

/** What a column needs beside the object itself. */
export type Join = "scan" | "scanResource" | "resource" | "input" | "share";

/** A column that is known. */
export interface Column {
  /** Its key in the answer. */
  readonly key: string;
  readonly join?: Join;
  read(row: JoinedRow): string;
}

/** The column of a name; undefined for an unknown one, and for an xpath that cannot be joined. */
export function columnOf(kind: Kind, rootType: string, name: string): Column | undefined {
  if (name === "URI") return { key: name, read: uriOf };
  const special = own(SPECIAL, name);
  if (special?.kinds.includes(kind)) return { key: name, read: special.read };
  const short = shortcut(kind, name);
  if (short) return { key: name, read: (row) => fieldValue(row, row.item, kind, short) };
  const xpath = parseXPath(name);
  return xpath && xpathColumn(kind, rootType, headerOf(kind, name), xpath.type, xpath.path);
}

interface Special {
  readonly kinds: readonly Kind[];
  read(row: JoinedRow): string;
}

const DATED: readonly Kind[] = ["subject", "experiment", "assessor", "scan", "project"];

const SPECIAL: Readonly<Record<string, Special>> = {
  insert_date: { kinds: DATED, read: ({ item }) => timestamp(item.insertDate) },
  insert_user: { kinds: DATED, read: ({ item }) => item.insertUser },
  last_modified: { kinds: DATED, read: ({ item }) => timestamp(item.lastModified) },
  xsiType: {
    kinds: ["subject", "experiment", "assessor", "scan", "project", "reconstruction"],
    read: ({ item, kind }) => "xsiType" in item ? String(item.xsiType) : ROOT_TYPE[kind],
  },
  subject_ID: { kinds: ["experiment"], read: (row) => subjectOf(row)?.id ?? "" },
  subject_label: {
    kinds: ["experiment"],
    read: (row) => {
      const subject = subjectOf(row);
      return subject ? labelIn(subject, row.project) : "";
    },
  },
  subject_project: { kinds: ["experiment"], read: (row) => subjectOf(row)?.project ?? "" },
  session_ID: { kinds: ["assessor", "experiment"], read: ({ session }) => session?.id ?? "" },
  session_label: { kinds: ["assessor", "experiment"], read: ({ session }) => session?.label ?? "" },
  session_project: { kinds: ["assessor"], read: ({ session }) => session?.project ?? "" },
  xnat_imagescandata_id: { kinds: ["scan"], read: ({ item }) => String((item as Scan).key) },
  xnat_reconstructedimagedata_id: {
    kinds: ["reconstruction"],
    read: ({ item }) => String((item as Reconstruction).key),
  },
};

/** The subject of an experiment; assessors have a session in its place. */
function subjectOf({ archive, item, session }: JoinedRow): Subject | undefined {
  return session ? undefined : archive.subjects.get((item as Experiment).subject);
}

/** Where an object is found, as lists print it. */
function uriOf({ kind, item, session }: JoinedRow): string {
  const { id } = item as Project | Subject | Experiment | Scan;
  if (kind === "project") return `/data/projects/${id}`;
  if (kind === "subject") return `/data/subjects/${id}`;
  if (kind === "scan") return `/data/experiments/${session?.id}/scans/${id}`;
  if (kind === "reconstruction") return `/data/experiments/${session?.id}/reconstructions/${id}`;
  return `/data/experiments/${id}`;
}

function fieldValue(row: JoinedRow, item: Item, kind: Kind, field: string): string {
  if (field === "ID") return (item as Subject).id;
  if (field === "label") return labelIn(item as Subject, row.project);
  if (field === "project") return (item as Subject).project ?? "";
  if (field === "subject_ID" && kind === "experiment") return subjectOf(row)?.id ?? "";
  if (field === "imageSession_ID") return (item as Experiment).session ?? "";
  return item.fields[field] ?? "";
}

function xpathColumn(
  kind: Kind,
  rootType: string,
  key: string,
  type: string,
  path: string,
): Column | undefined {
  const lower = path.toLowerCase();
  const related = isRelated(rootType, type);
  if (lower === "sharing/share/project" && related) {
    return { key, join: "share", read: ({ share }) => share?.project ?? "" };
  }
  if (lower === "sharing/share/label" && related) {
    return { key, join: "share", read: ({ share }) => share?.label ?? "" };
  }
  const joined = joinedColumn(kind, rootType, key, type, lower);
  if (joined) return joined;
  if (!related) {
    if (kind === "scan" || kind === "reconstruction") return sessionColumn(key, type, path);
    return isA(rootType, "xnat:subjectAssessorData") ? subjectColumn(key, type, path) : undefined;
  }
  const special = own(SPECIAL, own(META, lower) ?? "");
  if (special?.kinds.includes(kind)) return { key, read: special.read };
  const field = fieldOf(type, path);
  if (!field) return;
  return {
    key,
    read: (row) => {
      const own = "xsiType" in row.item ? String(row.item.xsiType) : ROOT_TYPE[kind];
      return isA(own, type) ? fieldValue(row, row.item, kind, field) : "";
    },
  };
}

/** Whether the schema connects two types: by descent, or as siblings below the same kind of experiment. */
function isRelated(rootType: string, type: string): boolean {
  if (isA(rootType, type) || isA(type, rootType)) return true;
  return lineage(type).some(({ name, parent }) => parent !== undefined && isA(rootType, name));
}

const META: Readonly<Record<string, string>> = {
  "meta/insert_date": "insert_date",
  "meta/last_modified": "last_modified",
  "meta/insert_user/login": "insert_user",
  "meta/insert_user": "insert_user",
  "extension_item/element_name": "xsiType",
};

/** Columns of scans and resources, which multiply rows. */
function joinedColumn(
  kind: Kind,
  rootType: string,
  key: string,
  type: string,
  path: string,
): Column | undefined {
  const ofScan = scanPath(kind, rootType, type, path);
  if (ofScan !== undefined) {
    if (ofScan.startsWith("file/")) {
      return resourceColumn(key, "scanResource", ofScan.slice("file/".length));
    }
    if (ofScan === "extension_item/element_name") {
      return { key, join: "scan", read: ({ scan }) => scan?.xsiType ?? "" };
    }
    const field = fieldOf("xnat:imageScanData", ofScan);
    return field && {
          key,
          join: "scan",
          read: ({ scan }) => field === "ID" ? scan?.id ?? "" : scan?.fields[field] ?? "",
        } || undefined;
  }
  if (!isRelated(rootType, type)) return undefined;
  for (const [start, join] of RESOURCE_PATHS) {
    if (path.startsWith(start)) return resourceColumn(key, join, path.slice(start.length));
  }
  if (kind === "scan" && path.startsWith("file/")) {
    return resourceColumn(key, "resource", path.slice("file/".length));
  }
}

const RESOURCE_PATHS: readonly (readonly [start: string, join: ResourceJoin])[] = [
  ["out/file/", "resource"],
  ["in/file/", "input"],
  ["resources/resource/", "resource"],
];

/** What a column tells of the scans of a session; the type of scans is connected with types of sessions alone. */
function scanPath(
  kind: Kind,
  rootType: string,
  type: string,
  path: string,
): string | undefined {
  const start = "scans/scan/";
  const ofSession = isA(type, "xnat:imageSessionData") && isRelated(rootType, type);
  if (ofSession && path.startsWith(start)) return path.slice(start.length);
  const isScan = kind === "experiment" && isA(type, "xnat:imageScanData");
  return isScan && isA(rootType, "xnat:imageSessionData") ? path : undefined;
}

type ResourceJoin = "scanResource" | "resource" | "input";

/** Format and content are fields of a descendant of the type that is joined, and so unknown here. */
function resourceColumn(key: string, join: ResourceJoin, path: string): Column | undefined {
  const readers: Record<string, (resource: Resource) => string> = {
    label: ({ label }) => label,
    file_count: ({ stats }) => stats ? String(stats.count) : "",
    file_size: ({ stats }) => stats ? String(stats.size) : "",
    xnat_abstractresource_id: ({ id }) => String(id),
  };
  const read = Object.hasOwn(readers, path) ? readers[path] : undefined;
  return read && {
    key,
    join,
    read: ({ [join]: joined }) => joined ? read(joined) : "",
  };
}

function subjectColumn(key: string, type: string, path: string): Column | undefined {
  const field = isA(type, "xnat:subjectData") ? fieldOf(type, path) : undefined;
  return field === undefined ? undefined : {
    key,
    read: (row) => {
      const subject = subjectOf(row);
      return subject ? fieldValue(row, subject, "subject", field) : "";
    },
  };
}

/** Sessions refer to scans and reconstructions, so these are joined with them (`GenericWrapperElement.findSchemaConnection`). */
function sessionColumn(key: string, type: string, path: string): Column | undefined {
  const field = isA(type, "xnat:imageSessionData") ? fieldOf(type, path) : undefined;
  return field === undefined ? undefined : {
    key,
    read: (row) => {
      const { session } = row;
      return session && isA(session.xsiType, type)
        ? fieldValue({ ...row, session: undefined }, session, "experiment", field)
        : "";
    },
  };
}
