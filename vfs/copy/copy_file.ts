/**
 * Copying one file, verified.
 *
 * @module
 */

import { isVfsError, VfsError } from "../errors.ts";
import { findAt, infoAt, isThere } from "../presence.ts";
import type { Got, Info, Place, Stored } from "../transport.ts";
import { CopySource } from "./copy_source.ts";
import type { Verification } from "./transfer.ts";

/** Options of {@linkcode copyFile}. */
export interface CopyFileOptions {
  /** What a listing told of the source. */
  readonly info?: Info;
  /** The source, when it was read already. */
  readonly got?: Got;
  /** What to do with a file at the destination. */
  readonly existing: "error" | "skip" | "replace";
  /** Aborts. */
  readonly signal: AbortSignal;
  /** Fail, and store nothing, when the source changes while it is read. @default {false} */
  readonly isSteady?: boolean;
  /** Told of the bytes moved; negative when a try starts over. */
  readonly onBytes: (bytes: number) => void;
}

/** What copying a file came to. */
export interface Copied extends Pick<Stored, "location" | "warnings"> {
  /** What was compared. */
  readonly verified: Verification;
  /** What was read, as far as it is known. */
  readonly source?: Info;
  /** What the destination told of what it stored. */
  readonly stored: Stored;
}

/**
 * Copies one file: within a transport by its own `copy`, otherwise by reading and storing. The size is
 * compared always, a digest wherever a side tells one. Times of change are kept where they can be.
 *
 * @returns `undefined` when the destination exists and was left alone
 */
export async function copyFile(
  from: Place,
  to: Place,
  options: CopyFileOptions,
): Promise<Copied | undefined> {
  const { existing, signal, onBytes } = options;
  const isNamed = to.transport.capabilities.naming === "path";
  const there = existing === "skip" && isNamed ? await findAt(to, signal) : undefined;
  if (there?.kind === "directory") {
    // That is no file that could be left alone, and the one that was wanted is not there.
    throw new VfsError("IsADirectory", { op: "copy", url: to.location.href });
  }
  if (there) return;
  try {
    if (from.transport === to.transport && from.transport.copy) {
      let told = 0;
      const tell = (bytes: number) => {
        onBytes(bytes - told);
        told = bytes;
      };
      const info = await from.transport.copy(from.location, to.location, {
        overwrite: existing === "replace",
        onProgress: tell,
        signal,
      });
      tell(info.size ?? told);
      return { verified: "reply", source: options.info, stored: info };
    }
    return await stream(from, to, options);
  } catch (error) {
    const appeared = isVfsError(error) && error.kind === "AlreadyExists";
    if (existing === "skip" && appeared) return undefined;
    throw error;
  }
}

async function stream(
  from: Place,
  to: Place,
  options: CopyFileOptions,
): Promise<Copied> {
  const { existing, signal } = options;
  const { transport } = to;
  const { capabilities } = transport;
  const url = from.location.href;
  if (!transport.put) {
    throw new VfsError("NotSupported", {
      op: "copy",
      url,
      reason: `the destination "${to.location.href}" cannot be written`,
    });
  }
  const { exclusive, looksFirst, naming } = capabilities;
  const replace = existing === "replace" || !exclusive && !looksFirst;
  // What is there under a name that the content gives, only the driver can tell.
  const isNamed = naming === "path";
  if (
    isNamed && existing === "error" && replace && await isThere(to, signal)
  ) {
    throw new VfsError("AlreadyExists", { op: "copy", url: to.location.href });
  }
  const source = await CopySource.begin(from, to, options);
  let stored: Stored;
  try {
    if (isNamed && replace && from.location.origin === to.location.origin) {
      await checkDistinct(source.info, to, options);
    }
    stored = await transport.put(to.location, source, {
      mode: replace ? "replace" : "create",
      mtime: source.info.mtime,
      mediaType: source.info.mediaType,
      signal,
    });
  } finally {
    await source.close();
  }
  const { difference, verified } = source.compare(stored);
  if (difference === undefined) {
    const { location, warnings } = stored;
    return { verified, location, warnings, source: source.info, stored };
  }
  const { location = to.location } = stored;
  const removal = await transport.remove?.(location, { signal }).catch((error) => error);
  throw new VfsError("Corrupt", {
    op: "copy",
    url,
    reason: `what "${location.href}" stored differs: ${difference}`,
    cause: removal,
  });
}

/** Fails where what would be replaced is the source, by another name: to a move nothing would be left. */
async function checkDistinct(
  { id }: Info,
  to: Place,
  { signal }: CopyFileOptions,
): Promise<void> {
  if (id === undefined || (await infoAt(to, signal))?.id !== id) return;
  const reason = "source and destination are the same file";
  throw new VfsError("InvalidArgument", { op: "copy", url: to.location.href, reason });
}
