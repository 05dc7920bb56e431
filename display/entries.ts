import type { Entry } from "../vfs/entry.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { byteCell, type Cell, htmlTable, textTable, timeText } from "./table.ts";

/** Rows that a table shows. */
const MOST_ROWS = 200;
const HEADINGS = ["name", "kind", "size", "changed", "label", "URL"];

/** Options of {@linkcode displayEntries} and {@linkcode displayTree}. */
export interface ListOptions {
  /** Entries shown; the others are only counted. @default {200} */
  readonly limit?: number;
}

/**
 * A sortable table of entries: the first 200, and how many there are. All are read to count them, so give
 * `maxDepth` or a glob where that is too much.
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
  entries: AsyncIterable<Entry> | Iterable<Entry>,
  { limit = MOST_ROWS }: ListOptions = {},
): Promise<Rich> {
  const rows: Cell[][] = [];
  let total = 0;
  for await (const entry of entries) {
    if (total++ < limit) rows.push(rowOf(entry));
  }
  const said = rows.length < total
    ? `${total} entries, the first ${rows.length} are shown`
    : `${total} ${total === 1 ? "entry" : "entries"}`;
  return new Rich(
    htmlTable(HEADINGS, rows) + element("p", {}, escapeHtml(said)),
    `${textTable(HEADINGS, rows)}\n${said}`,
  );
}

function rowOf({ name, kind, size, info, label = "", url }: Entry): Cell[] {
  return [name, kind, byteCell(size), timeText(info?.mtime), label, url];
}
