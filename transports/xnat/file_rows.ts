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
export class FileRows {
  /** The files so far. */
  readonly all: File[] = [];
  readonly #places = new Map<string, FilePlace | undefined>();
  readonly #shared = new Map<string, Readonly<Record<string, string>>>();
  readonly #seen = new Set<string>();

  /** Adds the files of `rows`, each once. */
  add(rows: readonly Row[]): void {
    for (const row of rows) {
      const file = this.#fileOf(row);
      if (file) this.all.push(file);
    }
  }

  #fileOf(row: Row): File | undefined {
    // The server does not escape it; a resource's own path cannot have such a name in it.
    const uri = row.URI ?? "";
    if (this.#seen.has(uri)) return undefined;
    this.#seen.add(uri);
    const start = PLACE.exec(uri)?.[0] ?? "";
    if (!this.#places.has(start)) this.#places.set(start, placeOf(start));
    const place = this.#places.get(start);
    const rest = uri.slice(start.length);
    if (!place || rest === "" || rest.endsWith("/")) return undefined;
    const path = rest.split("/");
    // A part of the URI would keep all of it alive.
    if (row.Name === path.at(-1)) path[path.length - 1] = row.Name!;
    const attributes = attributesOf(row, FILE_ATTRIBUTES);
    const key = JSON.stringify(attributes);
    if (!this.#shared.has(key)) this.#shared.set(key, attributes);
    return {
      path,
      place,
      size: /^[0-9]+$/.test(row.Size ?? "") ? Number(row.Size) : undefined,
      md5: /^[0-9a-f]{32}$/i.test(row.digest ?? "") ? row.digest!.toLowerCase() : undefined,
      attributes: this.#shared.get(key)!,
    };
  }
}

const FILE_ATTRIBUTES = {
  file_format: "format",
  file_content: "content",
  file_tags: "tags",
  collection: "resource_label",
  cat_ID: "xnat_abstractresource_id",
};
