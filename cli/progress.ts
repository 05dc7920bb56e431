/**
 * One line that tells how far a transfer is. cli-progress would do it, but it wants a stream of Node with a cursor,
 * starts timers of its own, and cannot tell files and bytes in one line without a template of everything below.
 *
 * @module
 */

import { progressParts, type Shown } from "../display/progress_text.ts";

export type { Shown };

const LONGEST_BAR = 24;
const SHORTEST_BAR = 6;

/**
 * The line, at most `columns` wide: what does not fit is left out, since half a number would be another one. A share of
 * the whole is told only once the whole is known.
 */
export function progressText(shown: Shown, columns: number): string {
  const { share, parts, time } = progressParts(shown);
  const [files = ""] = parts;
  const shares = share === undefined ? [] : [percent(share)];
  const lines = [[...shares, ...parts, time], [...shares, files, time], [files, time], shares]
    .map((line) => line.filter((part) => part !== "" && part !== undefined).join("  "));
  const line = lines.find(({ length }) => length <= columns) ?? "";
  const room = Math.min(LONGEST_BAR, columns - line.length - "[] ".length);
  return share === undefined || room < SHORTEST_BAR ? line : `${bar(share, room)} ${line}`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`.padStart(4);
}

function bar(share: number, width: number): string {
  const full = Math.floor(Math.min(1, share) * width);
  return `[${"#".repeat(full)}${".".repeat(width - full)}]`;
}
