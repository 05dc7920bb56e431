/**
 * One line that tells how far a transfer is. cli-progress would do it, but it wants a stream of Node with a cursor,
 * starts timers of its own, and cannot tell files and bytes in one line without a template of everything below.
 *
 * @module
 */

import type { Progress } from "../vfs/transfer.ts";
import { byteSize } from "./format.ts";

const BAR_WIDTH = 24;

/** The line, at most `columns` wide. A share of the whole is told only once the whole is known. */
export function progressText(progress: Progress, columns: number): string {
  const { files, totalFiles, bytes, totalBytes, listed, bytesPerSecond } = progress;
  // Listings of some servers tell no sizes; files are counted instead.
  const knowsBytes = listed && totalBytes > 0 && totalBytes >= bytes;
  const share = knowsBytes ? bytes / totalBytes : totalFiles > 0 ? files / totalFiles : 0;
  const parts: string[] = [];
  if (listed) parts.push(`${bar(share)} ${String(Math.floor(share * 100)).padStart(3)}%`);
  if (totalFiles > 1 || !listed) parts.push(`${files}/${totalFiles}${listed ? "" : "+"} files`);
  if (bytes > 0) {
    parts.push(knowsBytes ? `${byteSize(bytes)} of ${byteSize(totalBytes)}` : byteSize(bytes));
  }
  if (bytes > 0) parts.push(`${byteSize(bytesPerSecond)}/s`);
  if (listed && share > 0 && share < 1) parts.push(`${leftText(progress, share)} left`);
  return parts.join("  ").slice(0, Math.max(0, columns));
}

function bar(share: number): string {
  const full = Math.floor(Math.min(1, share) * BAR_WIDTH);
  return `[${"#".repeat(full)}${".".repeat(BAR_WIDTH - full)}]`;
}

function leftText({ elapsedMs }: Progress, share: number): string {
  const seconds = Math.ceil(elapsedMs / 1000 * (1 - share) / share);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 99) return "days";
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}
