/** Which rows are shown, and in which order. */

import type { Row } from "./types.ts";

/** What rows can be sorted by. */
export type SortKey = "name" | "size" | "mtime";

/** An order. */
export interface Order {
  readonly key: SortKey;
  readonly isDown: boolean;
}

const UID = /^[0-9]+(\.[0-9]+){2,}$/;

/** What people call an entry: its label where its name is a UID, which says nothing to them. */
export function titleOf({ name, label }: Pick<Row, "name" | "label">): string {
  if (!label || !UID.test(name)) return name;
  return /^[0-9]+$/.test(label) ? `Image ${label}` : label;
}

// Numbers in names count as such: IM2 comes before IM10.
const NAMES = new Intl.Collator("en", { numeric: true });

/** The rows whose name or label has `text` in it, folders first; what is not known comes last. */
export function arranged(rows: readonly Row[], text: string, { key, isDown }: Order): Row[] {
  const wanted = text.trim().toLowerCase();
  const shown = wanted === ""
    ? [...rows]
    : rows.filter(({ name, label = "" }) =>
      name.toLowerCase().includes(wanted) || label.toLowerCase().includes(wanted)
    );
  const turn = isDown ? -1 : 1;
  return shown.sort((a, b) => {
    if (a.isDir !== b.isDir) return a.isDir ? -1 : 1;
    if (key === "name") return turn * byTitle(a, b);
    const [x, y] = [a[key], b[key]];
    if (x === y) return byTitle(a, b);
    if (x === undefined || y === undefined) return x === undefined ? 1 : -1;
    return turn * (x - y);
  });
}

/** Compares for sorting by what is shown as name. */
export function byTitle(a: Row, b: Row): number {
  return NAMES.compare(titleOf(a), titleOf(b)) || NAMES.compare(a.name, b.name);
}
