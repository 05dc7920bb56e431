/**
 * One line that tells how far a transfer is. cli-progress would do it, but it wants a stream of Node with a cursor,
 * starts timers of its own, and cannot tell files and bytes in one line without a template of everything below.
 *
 * @module
 */

import type { Progress } from "../vfs/transfer.ts";
import { byteSize } from "./format.ts";

const BAR_WIDTH = 24;
/** Below these a rate or a time left says nothing. */
const ENOUGH_BYTES = 1e6;
const ENOUGH_FILES = 50;

/** What the line is made of. */
export type Shown = Pick<
  Progress,
  "files" | "totalFiles" | "bytes" | "totalBytes" | "listed" | "elapsedMs"
>;

/** The line, at most `columns` wide. A share of the whole is told only once the whole is known. */
export function progressText(shown: Shown, columns: number): string {
  const { files, totalFiles, bytes, totalBytes, listed, elapsedMs } = shown;
  // Listings of some servers tell no sizes; files are counted instead.
  const knowsBytes = totalBytes > 0 && totalBytes >= bytes;
  const share = !listed ? 0 : knowsBytes ? bytes / totalBytes : files / Math.max(1, totalFiles);
  const parts: string[] = [];
  if (listed) parts.push(`${bar(share)} ${String(Math.floor(share * 100)).padStart(3)}%`);
  if (totalFiles > 1) parts.push(`${files}/${totalFiles}${listed ? "" : "+"} files`);
  if (bytes > 0) {
    parts.push(
      listed && knowsBytes ? `${byteSize(bytes)} of ${byteSize(totalBytes)}` : byteSize(bytes),
    );
  }
  if (bytes >= ENOUGH_BYTES) parts.push(`${byteSize(Math.round(bytes / elapsedMs * 1000))}/s`);
  const canTell = share > 0 && (knowsBytes || totalFiles >= ENOUGH_FILES);
  parts.push(
    canTell ? `${timeText(elapsedMs * (1 - share) / share)} left` : timeText(elapsedMs),
  );
  return parts.join("  ").slice(0, Math.max(0, columns));
}

function bar(share: number): string {
  const full = Math.floor(Math.min(1, share) * BAR_WIDTH);
  return `[${"#".repeat(full)}${".".repeat(BAR_WIDTH - full)}]`;
}

function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 99) return "days";
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}
