/**
 * Lists of files.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import type { CatalogEntry } from "../model/types.ts";
import type { Table } from "../tables/table.ts";
import { type Catalog, chosen, resourceUri } from "./catalogs.ts";
import { baseName } from "./path.ts";

/** A line of a catalog, and the catalog. */
export interface CatalogFile {
  readonly catalog: Catalog;
  readonly entry: CatalogEntry;
}

/** The files of a request below a folder (`dir/`) or by a pattern (`prefix*`), filtered. */
export function filteredFiles(call: Call, path: string): CatalogFile[] {
  const { catalogs } = chosen(call, "files");
  const accepts = acceptor(call, path);
  const found: CatalogFile[] = [];
  for (const catalog of catalogs) {
    for (const entry of catalog.resource.entries.values()) {
      if (accepts(entry)) found.push({ catalog, entry });
    }
  }
  return found;
}

function acceptor({ query }: Call, path: string): (entry: CatalogEntry) => boolean {
  const contents = query.all("file_content");
  const formats = query.all("file_format");
  // The real code keeps the deeper entries; so does this.
  const deeperOnly = query.get("recursive") === "false";
  const pattern = path.endsWith("*") ? globOf(path) : undefined;
  return (entry) => {
    if (pattern ? !pattern.test(entry.path) : !entry.path.startsWith(path)) return false;
    if (deeperOnly && !entry.path.slice(path.length).includes("/")) return false;
    if (contents.length > 0 && !contents.includes(entry.content || "NULL")) return false;
    return formats.length === 0 || formats.includes(entry.format);
  };
}

function globOf(path: string): RegExp {
  const escaped = path.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`);
}

const COLUMNS = ["Name", "Size", "URI", "collection", "file_tags", "file_format", "file_content"];

/** The table of files; `locator` renames a column. */
export function filesTable(
  { query }: Call,
  found: readonly CatalogFile[],
  withProject: boolean,
): Table {
  const locator = query.get("locator");
  const isServerPath = locator === "absolutePath" || locator === "projectPath";
  const column = isServerPath ? locator : "URI";
  const columns = [...COLUMNS, "cat_ID", "digest"].map((each) => each === "URI" ? column : each);
  return {
    columns,
    rows: found.map(({ catalog, entry }) => {
      const { resource } = catalog;
      const place = isServerPath ? resource.folder : `${resourceUri(catalog, withProject)}/files`;
      return [
        baseName(entry.path),
        entry.size === undefined ? "" : String(entry.size),
        `${place}/${entry.path}`,
        resource.label,
        entry.tags,
        entry.format,
        entry.content,
        String(resource.id),
        entry.digest,
      ];
    }),
    counted: false,
    head: `"Columns":[{"key":"${column}","serverRoot":""}],`,
    extras: { title: "Files" },
  };
}
