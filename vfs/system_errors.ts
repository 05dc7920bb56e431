/**
 * What the errors of the system become, for whoever works on local files.
 *
 * @module
 */

import { type ErrorKind, isVfsError, VfsError } from "./errors.ts";
import { NATIVE, nativePath } from "./location/file_path.ts";
import type { Location } from "./location/location.ts";
import { isGranted, permissionFlag } from "./platform.ts";

interface Meaning {
  readonly kind: ErrorKind;
  readonly reason?: string;
}

const MANY_OPEN: Meaning = {
  kind: "Unavailable",
  reason: "too many files are open",
};
const IN_USE: Meaning = { kind: "Unavailable", reason: "it is in use" };
const NOT_REGULAR: Meaning = {
  kind: "NotSupported",
  reason: "it is not a regular file",
};
const NO_SUCH_FEATURE: Meaning = {
  kind: "NotSupported",
  reason: "the file system cannot do that",
};
const LOOP: Meaning = {
  kind: "InvalidUrl",
  reason: "too many symbolic links, perhaps a loop",
};

const BY_CODE: Readonly<Record<string, Meaning>> = {
  ENOENT: { kind: "NotFound" },
  EEXIST: { kind: "AlreadyExists" },
  EACCES: { kind: "PermissionDenied" },
  EPERM: { kind: "PermissionDenied" },
  EROFS: { kind: "PermissionDenied", reason: "the file system is read-only" },
  EISDIR: { kind: "IsADirectory" },
  ENOTDIR: { kind: "NotADirectory" },
  ENOTEMPTY: { kind: "NotEmpty" },
  ENOSPC: { kind: "StorageFull" },
  EDQUOT: { kind: "StorageFull", reason: "the quota is used up" },
  EFBIG: { kind: "StorageFull", reason: "the file would be too large" },
  ENAMETOOLONG: { kind: "InvalidUrl", reason: "the name is too long" },
  ELOOP: LOOP,
  EINVAL: { kind: "InvalidArgument" },
  EMFILE: MANY_OPEN,
  ENFILE: MANY_OPEN,
  EBUSY: IN_USE,
  ETXTBSY: IN_USE,
  EAGAIN: { kind: "Unavailable" },
  ESTALE: { kind: "Unavailable", reason: "the network share has changed" },
  EHOSTDOWN: { kind: "Unavailable" },
  ETIMEDOUT: { kind: "TimedOut" },
  ENXIO: NOT_REGULAR,
  ENODEV: NOT_REGULAR,
  ENOTSUP: NO_SUCH_FEATURE,
  EOPNOTSUPP: NO_SUCH_FEATURE,
  ENOSYS: NO_SUCH_FEATURE,
};

/** For errors without a code. */
const BY_NAME: Readonly<Record<string, Meaning>> = {
  NotFound: { kind: "NotFound" },
  AlreadyExists: { kind: "AlreadyExists" },
  PermissionDenied: { kind: "PermissionDenied" },
  IsADirectory: { kind: "IsADirectory" },
  NotADirectory: { kind: "NotADirectory" },
  FilesystemLoop: LOOP,
  Busy: IN_USE,
  TimedOut: { kind: "TimedOut" },
  NotSupported: NO_SUCH_FEATURE,
};

/** Whether a path is where something comes from, or where it goes. */
export type Side = "source" | "target";

const FROM_SOURCE: ReadonlySet<string> = new Set(["stat", "read", "remove"]);

/** Which of both the one path of an operation is. */
export function sideOf(op: string): Side {
  return FROM_SOURCE.has(op) ? "source" : "target";
}

/** The system's code of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  // Windows has an error of its own for a directory that is none, which Deno gives the code ENOENT.
  if (error instanceof Deno.errors.NotADirectory) return "ENOTDIR";
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** True when the system says that there is nothing. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || error instanceof Deno.errors.NotFound;
}

/**
 * The error of `op` at `location` for an error of the system. A {@linkcode VfsError} is kept.
 *
 * A file in the middle of a path is `NotFound` where something should come from, since nothing can be there, and
 * `NotADirectory` where something should go.
 */
export function toVfsError(
  error: unknown,
  op: string,
  location: Location,
  side: Side = sideOf(op),
): VfsError {
  if (isVfsError(error)) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return new VfsError("PermissionDenied", {
      op,
      url: location.href,
      reason: missingPermission(location, isReading(op, side)),
      cause: error,
    });
  }
  const os = codeOf(error);
  const name = error instanceof Error ? error.name : "";
  const meaning = (os === undefined ? undefined : BY_CODE[os]) ??
    BY_NAME[name] ?? { kind: "Unexpected" };
  const kind = meaning.kind === "NotADirectory" && side === "source" ? "NotFound" : meaning.kind;
  return new VfsError(kind, {
    op,
    url: location.href,
    reason: meaning.reason,
    detail: os === undefined ? undefined : { os },
    cause: error,
  });
}

/** Runs `action`, which calls the system; what it throws becomes the error of `op` at `location`. */
export async function callSystem<T>(
  op: string,
  location: Location,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw toVfsError(error, op, location);
  }
}

const READS: ReadonlySet<string> = new Set(["stat", "read", "list"]);

function isReading(op: string, side: Side): boolean {
  return READS.has(op) || (op === "copy" && side === "source");
}

/** What is written is written beside first, so that its folder is what a permission is needed for. */
function missingPermission(location: Location, readsOnly: boolean): string {
  const path = nativePath(location);
  const above = location.parent();
  // Above the first name there is no folder on Windows.
  const isFolder = above && (NATIVE === "posix" || above.segments.length > 0);
  const folder = isFolder ? nativePath(above) : path;
  if (readsOnly && !isGranted({ name: "read", path })) {
    return `needs ${permissionFlag("read", [path])}`;
  }
  const isChangeable = isGranted({ name: "read", path: folder }) &&
    isGranted({ name: "write", path: folder });
  if (!readsOnly && !isChangeable) {
    return `needs ${permissionFlag("read", [folder])} ${permissionFlag("write", [folder])}`;
  }
  return "needs --allow-all, which Deno asks for system files and for links";
}
