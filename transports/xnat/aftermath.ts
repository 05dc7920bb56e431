/**
 * What an upload has left on the server: all of it, the old file, or none.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { retold } from "./errors.ts";
import { fileAt } from "./list.ts";
import type { File } from "./model.ts";
import { filesNow, type ResourceAt, type Writing } from "./writing.ts";

/** How long it may take to find out what an upload that was aborted has left. */
const AFTERMATH_MS = 500;

/** Content that was sent, or a part of it. */
export interface Sent {
  /** Bytes. */
  readonly size: number;
  /** MD5 in lower-case hexadecimal; `undefined` unless all of it was sent. */
  md5(): string | undefined;
}

/** What an upload did that failed. */
export interface FailedUpload {
  /** What was sent. */
  readonly upload: Sent;
  /** What was there before. */
  readonly old: File | undefined;
  /** Why it failed. */
  readonly cause: unknown;
  /** The moment at which it did. @default {now} */
  readonly since?: number;
  /** An earlier try was not looked for: it may have stored the file. */
  readonly isAgain: boolean;
}

/**
 * Looks at what a failed upload has left. All is well when only the answer was lost, also by an abort, and this gives the
 * file; otherwise it throws an error that says whether the old file is there or none. A part of a file is never listed.
 */
export async function aftermath(
  writing: Writing,
  at: ResourceAt,
  path: readonly string[],
  { upload, old, cause, since, isAgain }: FailedUpload,
  ask: Ask,
): Promise<File> {
  if (isVfsError(cause) && cause.kind === "AlreadyExists") throw cause;
  const isAborted = ask.signal.aborted;
  const isCut = isAborted || isLost(cause);
  const unless = unlessStoredYet(upload, ask);
  let left: string;
  try {
    const files = await soon(writing, ask, (late) => filesNow(writing, at, late, since));
    const file = fileAt(files, path);
    if (unless === "") writing.unseen.seen(ask.url);
    if (file === undefined || file === "directory") left = `nothing is stored${unless}`;
    else if (isSurelySent(file, old, upload) && (isCut || isAgain || isMade(file, old))) {
      return file;
    } else if (old && isSame(file, old)) {
      const isUnclear = isCut && differenceOf(file, upload) === undefined;
      left = isUnclear
        ? "the old file is there, or the new one, which has the same size"
        : isRace(cause)
        ? "the server lists the old file, and has the bytes of the new one: store it again"
        : `the old file is still there${unless}`;
    } else left = "another file is there now than before";
  } catch (error) {
    left = unknown(error);
  }
  throw retold(cause, ask, left);
}

/** Looks at what is left. An upload that was aborted leaves as little time for it as can be. */
export async function soon<T>(
  { catalogue: { clock } }: Writing,
  ask: Ask,
  look: (late: Ask) => Promise<T>,
): Promise<T> {
  if (!ask.signal.aborted) return await look(ask);
  const limit = new AbortController();
  const cancel = clock.schedule(() => limit.abort(), AFTERMATH_MS);
  try {
    return await look({ ...ask, signal: limit.signal });
  } finally {
    cancel();
  }
}

/** What was sent whole before an abort cannot be called back. */
export function unlessStoredYet(upload: Sent, { signal }: Ask): string {
  const isOnItsWay = signal.aborted && upload.md5() !== undefined;
  return isOnItsWay ? ", unless the server stores the new one yet" : "";
}

/** Says that nobody could look. */
export function unknown(error: unknown): string {
  return `it is not known what is there now (${error instanceof Error ? error.message : error})`;
}

/** Somebody else changed the catalog at the same moment: the bytes are stored, and not listed. */
export function isRace(error: unknown): boolean {
  return isVfsError(error) && error.detail?.http === 500 &&
    /another thread or process modified/i.test(error.detail.text ?? "");
}

/** The answer did not arrive, or is a proxy's or of a later failure: the server may have done what was asked. */
export function isLost(cause: unknown): boolean {
  return isVfsError(cause) && ["Unavailable", "Incomplete", "TimedOut"].includes(cause.kind);
}

/** Whether what is there is what was sent. A size alone does not tell it from an old file that has the same. */
function isSurelySent(file: File, old: File | undefined, upload: Sent): boolean {
  if (differenceOf(file, upload) !== undefined) return false;
  return file.md5 !== undefined || file.size !== undefined && !(old && isSame(file, old));
}

/** Whether a file with an MD5 has come, which no refusal leaves. */
function isMade(file: File, old: File | undefined): boolean {
  return file.md5 !== undefined && !(old && isSame(file, old));
}

/** How the file that the server lists differs from what was sent. */
export function differenceOf({ size, md5 }: File, upload: Sent): string | undefined {
  if (size !== undefined && size !== upload.size) return `${size} bytes instead of ${upload.size}`;
  const sent = upload.md5();
  if (sent === undefined) return "not all of it was sent";
  if (md5 !== undefined && md5 !== sent) return `MD5 ${md5} instead of ${sent}`;
}

/** Whether two lists tell the same of a file. */
export function isSame(a: File, b: File): boolean {
  return a.size === b.size && a.md5 === b.md5;
}
