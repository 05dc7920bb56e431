/**
 * Listings and walks as tables.
 *
 * @module
 */

import { counted } from "../formats/text.ts";
import { Entry } from "../vfs/entry.ts";
import type { Location } from "../vfs/location/location.ts";
import { inCell } from "../vfs/notebook.ts";
import type { WalkStep } from "../vfs/walk.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { byteCell, type Cell, htmlTable, textTable, timeText, withoutEmpty } from "./table.ts";

/** Rows that a table shows. */
const MOST_ROWS = 200;
const HEADINGS = ["path", "kind", "size", "changed", "label"];

/** Options of {@linkcode displayEntries} and {@linkcode displayTree}. */
export interface ListOptions {
  /** Entries shown; the others are only counted. @default {200, and 1000 in a tree} */
  readonly limit?: number;
}

/** What listings and walks give. */
export type Entries = AsyncIterable<Entry | WalkStep> | Iterable<Entry | WalkStep>;

/**
 * A sortable table of what a listing or a walk gives: the first 200, and how many there are. All are read to count
 * them, so give `maxDepth` or a glob where that is too much.
 *
 * @example
 * ```ts
 * import { entries, writeFile } from "@medvfs/vfs";
 * import { displayEntries } from "@medvfs/vfs/display";
 *
 * await writeFile("memory:///list/a.txt", "hello");
 * const table = await displayEntries(entries("memory:///list"));
 * console.assert(table.text.includes("a.txt"));
 * ```
 */
export async function displayEntries(
  entries: Entries,
  { limit = MOST_ROWS }: ListOptions = {},
): Promise<Rich> {
  const shown: Entry[] = [];
  let total = 0;
  await inCell("list", true, async (cell) => {
    for await (const given of entries) {
      for (const entry of given instanceof Entry ? [given] : [...given[1], ...given[2]]) {
        if (total++ < limit) shown.push(entry);
      }
      cell?.tell({ parts: [counted(total, "entry", "entries")] });
    }
  });
  const base = commonParent(shown);
  const rows = shown.map((entry) => rowOf(entry, base));
  const table = withoutEmpty(HEADINGS, rows);
  const count = counted(total, "entry", "entries");
  const where = base ? ` in ${base.href}` : "";
  const rest = rows.length < total ? `, the first ${rows.length} are shown` : "";
  const said = count + where + rest;
  return new Rich(
    htmlTable(...table) + element("p", {}, escapeHtml(said)),
    `${textTable(...table)}\n${said}`,
  );
}

function rowOf(entry: Entry, base: Location | undefined): Cell[] {
  const { kind, size, info, label = "", query } = entry;
  const below = entry.location.segments.slice(base?.segments.length);
  const path = below.map((name) => name.replaceAll("/", "%2F")).join("/");
  const shown = base ? path + (query === undefined ? "" : `?${query}`) : entry.url;
  return [shown, kind, byteCell(size), timeText(info?.mtime), label];
}

/** The deepest directory that all are in. */
function commonParent([first, ...others]: readonly Entry[]): Location | undefined {
  let common: Location | undefined = first?.parent;
  for (const { parent } of others) {
    while (common && !common.contains(parent)) common = common.parent();
  }
  return common;
}
