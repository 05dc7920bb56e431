/**
 * What a column of a list means: shortcuts, xpaths, and joins with scans, resources and shares.
 *
 * @module
 */

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
import { fieldOf, isA, type Kind, lineage, ROOT_TYPE, shortcut } from "../model/schema.ts";

/** One row before it becomes text: an object and what is joined to it. */
export interface JoinedRow {
  readonly archive: Archive;
  readonly kind: Kind;
  readonly item: Item;
  /** The project through which it is seen. */
  readonly project?: string;
  /** The session of a scan or an assessor. */
  readonly session?: Experiment;
  readonly scan?: Scan;
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

/** The column of a name; undefined for an unknown one. */
export function columnOf(kind: Kind, rootType: string, name: string): Column | undefined {
  if (name === "URI") return { key: name, read: uriOf };
  const special = SPECIAL[name];
  if (special?.kinds.includes(kind)) return { key: name, read: special.read };
  const short = shortcut(kind, name);
  if (short) return { key: name, read: (row) => fieldValue(row, row.item, kind, short) };
  const xpath = parseXPath(name);
  return xpath && xpathColumn(kind, rootType, name.toLowerCase(), xpath.type, xpath.path);
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

function subjectOf({ archive, item }: JoinedRow): Subject | undefined {
  return archive.subjects.get((item as Experiment).subject);
}

/** Where an object is found, as lists print it. */
export function uriOf({ kind, item, session }: JoinedRow): string {
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
  if (field === "subject_ID" && kind === "experiment") return (item as Experiment).subject;
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
  const related = isA(rootType, type) || isA(type, rootType) ||
    lineage(type).some((each) => isA(rootType, each.name));
  if (lower === "sharing/share/project" && related) {
    return { key, join: "share", read: ({ share }) => share?.project ?? "" };
  }
  if (lower === "sharing/share/label" && related) {
    return { key, join: "share", read: ({ share }) => share?.label ?? "" };
  }
  const joined = joinedColumn(kind, key, type, lower);
  if (joined) return joined;
  if (!related) return kind === "experiment" ? subjectColumn(key, type, path) : undefined;
  const special = SPECIAL[META[lower] ?? ""];
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

const META: Readonly<Record<string, string>> = {
  "meta/insert_date": "insert_date",
  "meta/last_modified": "last_modified",
  "meta/insert_user/login": "insert_user",
  "meta/insert_user": "insert_user",
  "extension_item/element_name": "xsiType",
};

/** Columns of scans and resources, which multiply rows. */
function joinedColumn(kind: Kind, key: string, type: string, path: string): Column | undefined {
  const scanPath = path.startsWith("scans/scan/")
    ? path.slice("scans/scan/".length)
    : kind === "experiment" && isA(type, "xnat:imageScanData")
    ? path
    : undefined;
  if (scanPath !== undefined) {
    if (scanPath.startsWith("file/")) {
      return resourceColumn(key, "scanResource", scanPath.slice("file/".length));
    }
    if (scanPath === "extension_item/element_name" || scanPath === "xsitype") {
      return { key, join: "scan", read: ({ scan }) => scan?.xsiType ?? "" };
    }
    const field = fieldOf("xnat:mrScanData", scanPath);
    return field && {
          key,
          join: "scan",
          read: ({ scan }) => field === "ID" ? scan?.id ?? "" : scan?.fields[field] ?? "",
        } || undefined;
  }
  if (path.startsWith("out/file/")) {
    return resourceColumn(key, "resource", path.slice("out/file/".length));
  }
  if (path.startsWith("in/file/")) {
    return resourceColumn(key, "input", path.slice("in/file/".length));
  }
  if (path.startsWith("resources/resource/")) {
    return resourceColumn(key, "resource", path.slice("resources/resource/".length));
  }
  if (kind === "scan" && path.startsWith("file/")) {
    return resourceColumn(key, "resource", path.slice("file/".length));
  }
}

function resourceColumn(key: string, join: Join, path: string): Column | undefined {
  const readers: Record<string, (resource: Resource) => string> = {
    label: ({ label }) => label,
    format: ({ format }) => format,
    content: ({ content }) => content,
    file_count: ({ stats }) => stats ? String(stats.count) : "",
    file_size: ({ stats }) => stats ? String(stats.size) : "",
    xnat_abstractresource_id: ({ id }) => String(id),
  };
  const read = Object.hasOwn(readers, path) ? readers[path] : undefined;
  return read && {
    key,
    join,
    read: ({ resource, input }) => {
      const joined = join === "input" ? input : resource;
      return joined ? read(joined) : "";
    },
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
