/**
 * Rows of lists of files.
 *
 * @module
 */

import { attributesOf, type File, type FilePlace } from "./model.ts";
import type { Row } from "./table.ts";

const PLACE = new RegExp(
  "^(?:/[^/]+)*?/(?:data|REST)(?:/archive)?(?:/projects/[^/]+)?(?:/subjects/[^/]+)?" +
    "(?:/experiments/([^/]+))?(?:/(scans|assessors|reconstructions)/([^/]+)(?:/(?:in|out))?)?" +
    "/resources/([^/]+)/files/",
);

const OWNERS: Readonly<Record<string, "scan" | "assessor" | "reconstruction">> = {
  scans: "scan",
  assessors: "assessor",
  reconstructions: "reconstruction",
};

function placeOf(text: string): FilePlace | undefined {
  const match = PLACE.exec(text);
  if (!match) return undefined;
  const [, experiment, kind, id, resource = ""] = match;
  const owner = kind === undefined ? {} : { [OWNERS[kind]!]: id };
  return { experiment, ...owner, resource };
}

/**
 * The files of rows; those of whole sessions tell their places. What many have in common is kept once, since lists are
 * long: a walk holds thousands of them.
 */
export function filesOf(rows: readonly Row[]): File[] {
  const places = new Map<string, FilePlace | undefined>();
  const shared = new Map<string, Readonly<Record<string, string>>>();
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    // The server does not escape it; a resource's own path cannot have such a name in it.
    const uri = row.URI ?? "";
    const start = PLACE.exec(uri)?.[0] ?? "";
    if (seen.has(uri)) return [];
    seen.add(uri);
    if (!places.has(start)) places.set(start, placeOf(start));
    const place = places.get(start);
    const rest = uri.slice(start.length);
    if (!place || rest === "" || rest.endsWith("/")) return [];
    const path = rest.split("/");
    // A part of the URI would keep all of it alive.
    if (row.Name === path.at(-1)) path[path.length - 1] = row.Name!;
    const attributes = attributesOf(row, FILE_ATTRIBUTES);
    const key = JSON.stringify(attributes);
    if (!shared.has(key)) shared.set(key, attributes);
    return [{
      path,
      place,
      size: /^[0-9]+$/.test(row.Size ?? "") ? Number(row.Size) : undefined,
      md5: /^[0-9a-f]{32}$/i.test(row.digest ?? "") ? row.digest!.toLowerCase() : undefined,
      attributes: shared.get(key)!,
    }];
  });
}

const FILE_ATTRIBUTES = {
  file_format: "format",
  file_content: "content",
  file_tags: "tags",
  collection: "resource_label",
  cat_ID: "xnat_abstractresource_id",
};
