/**
 * One line that tells how far a transfer is. cli-progress would do it, but it wants a stream of Node with a cursor,
 * starts timers of its own, and cannot tell files and bytes in one line without a template of everything below.
 *
 * @module
 */

import { progressParts, type Shown } from "../display/progress_text.ts";

export type { Shown };

const BAR_WIDTH = 24;

/** The line, at most `columns` wide. A share of the whole is told only once the whole is known. */
export function progressText(shown: Shown, columns: number): string {
  const { share, parts, time } = progressParts(shown);
  const bars = share === undefined ? [] : [`${bar(share)} ${percent(share)}`];
  return [...bars, ...parts, time].join("  ").slice(0, Math.max(0, columns));
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`.padStart(4);
}

function bar(share: number): string {
  const full = Math.floor(Math.min(1, share) * BAR_WIDTH);
  return `[${"#".repeat(full)}${".".repeat(BAR_WIDTH - full)}]`;
}
