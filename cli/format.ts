/**
 * Sizes, dates, counts and tables for people, and sizes that people write.
 *
 * @module
 */

import { byteSize } from "../formats/text.ts";
import type { Kind } from "../vfs/transport.ts";

export { byteSize, counted } from "../formats/text.ts";

/** A size as digits, or for people; `-` when it is not known. */
export function sizeText(size: number | undefined, human: boolean | undefined): string {
  if (size === undefined) return "-";
  return human ? byteSize(size) : String(size);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** Reads a size such as `132`, `500k` or `1.5GB`, in units of 1000; NaN for what is none. */
export function parseBytes(text: string): number {
  const [, digits, unit = ""] = /^([0-9]+(?:\.[0-9]+)?)([kmgt]?)b?$/i.exec(text) ?? [];
  return Number(digits) * UNITS[unit.toLowerCase()]!;
}

/** A date in local time, to the minute: `2019-02-07 14:03`; `-` when it is not known. */
export function dateText(date: Date | undefined): string {
  if (date === undefined) return "-";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A duration: `0.4 s`, `75 s`. */
export function secondsText(ms: number): string {
  const seconds = ms / 1000;
  return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

const KINDS: Readonly<Record<Kind, string>> = {
  file: "file",
  directory: "dir",
  symlink: "link",
  other: "other",
};

/** What an entry is, in a short word. */
export function kindText(kind: Kind): string {
  return KINDS[kind];
}

/** Rows with their columns aligned, those in `right` to the right; the last column is as wide as it is. */
export function table(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  return rows.map((row) =>
    row.map((cell, i) => {
      if (right.includes(i)) return cell.padStart(widths[i]!);
      return i === row.length - 1 ? cell : cell.padEnd(widths[i]!);
    }).join("  ")
  );
}

/** How a cell begins that a spreadsheet computes (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A row of comma-separated values (RFC 4180 §2). A cell that a spreadsheet would compute, and that is no number, gets a
 * `'` before it: then it is text.
 */
export function csvRow(cells: readonly string[]): string {
  return cells.map((cell) => FORMULA.test(cell) && !isNumeric(cell) ? `'${cell}` : cell)
    .map((cell) => /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
    .join(",");
}

/** Whether it is a number, or several as DICOM joins them. */
function isNumeric(cell: string): boolean {
  return cell.split("\\").every((each) => NUMBER.test(each));
}
