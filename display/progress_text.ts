/**
 * How far a transfer is, in words; the command line says it likewise.
 *
 * @module
 */

import { byteSize } from "../formats/text.ts";
import type { Progress } from "../vfs/copy/transfer.ts";

/** Below these a rate or a time left says nothing. */
const ENOUGH_BYTES = 1e6;
const ENOUGH_FILES = 50;

/** What is told of a transfer. */
export type Shown = Pick<
  Progress,
  "files" | "totalFiles" | "bytes" | "totalBytes" | "listed" | "elapsedMs"
>;

/** How far a transfer is, for people. */
export interface ProgressText {
  /** What is done of the whole, 0 to 1, once the whole is known. */
  readonly share?: number;
  /** Files, bytes, rate. */
  readonly parts: readonly string[];
  /** The time that is left, or that it has taken; for what moves files. */
  readonly time?: string;
}

/** Says how far a transfer is. */
export function progressParts(shown: Shown): ProgressText {
  const { files, totalFiles, bytes, totalBytes, listed, elapsedMs } = shown;
  // Listings of some servers tell no sizes; files are counted instead.
  const knowsBytes = totalBytes > 0 && totalBytes >= bytes;
  const share = !listed ? 0 : knowsBytes ? bytes / totalBytes : files / Math.max(1, totalFiles);
  const parts: string[] = [];
  if (totalFiles > 1) parts.push(`${files}/${totalFiles}${listed ? "" : "+"} files`);
  if (bytes > 0) {
    parts.push(
      listed && knowsBytes ? `${byteSize(bytes)} of ${byteSize(totalBytes)}` : byteSize(bytes),
    );
  }
  if (bytes >= ENOUGH_BYTES) parts.push(`${byteSize(Math.round(bytes / elapsedMs * 1000))}/s`);
  const canTell = share > 0 && (knowsBytes || totalFiles >= ENOUGH_FILES);
  const time = canTell
    ? `${clockText(elapsedMs * (1 - share) / share)} left`
    : clockText(elapsedMs);
  return { share: listed ? share : undefined, parts, time };
}

/** A time as on a clock: `1:05`, `2:00:00`. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 99) return "days";
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}
