/**
 * What is at the place where something will be written.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { Confinement } from "./confinement.ts";
import { realTarget } from "./confinement.ts";
import { atHand } from "./nearness.ts";
import { isMissing } from "../../vfs/system_errors.ts";

/** Where to write, and what is there. */
export interface Target {
  /** Native path, no link. */
  readonly path: string;
  /** What is there now. */
  readonly old?: Deno.FileInfo;
}

/** The stat of the entry at `path`, links not followed, or `undefined`. */
export async function lstatIfThere(
  path: string,
): Promise<Deno.FileInfo | undefined> {
  try {
    return await atHand(path, () => Deno.lstatSync(path), () => Deno.lstat(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** True when both are one file, by whatever names; `undefined` where the system does not tell. */
export function isSameFile(a: Deno.FileInfo, b: Deno.FileInfo): boolean | undefined {
  if (a.ino !== b.ino || a.dev !== b.dev) return false;
  // Of 64 bits, as NTFS, shares and overlays may give, Deno keeps 53, so that neighbours have the same number.
  return a.ino !== 0 && Number.isSafeInteger(a.ino) ? true : undefined;
}

/** Up to this size, in bytes, a file is written in one go. */
export const SMALL = 256 * 1024;

/** True for a size up to which reading and writing a file takes less than waking a thread for it. */
export function isSmall(size: number | undefined): boolean {
  return size !== undefined && size <= SMALL;
}

/** Up to this size, in bytes, what is in memory is written in one go. */
const SHORT = 1024 * 1024;

/** True for a size up to which writing what is in memory costs little more than looking whether it may be written. */
export function isShort(size: number | undefined): boolean {
  return size !== undefined && size <= SHORT;
}

/**
 * Where a file is written: as editors do, a link stays and what it leads to is replaced, or made.
 *
 * With `exclusive` nothing may be there, not even a link that leads nowhere. As the system refuses to give the name
 * in the end, with `unseen` nobody looks before.
 *
 * @throws `IsADirectory`, `AlreadyExists`, and `NotSupported` for devices, sockets and pipes
 */
export async function findTarget(
  confinement: Confinement,
  location: Location,
  op: string,
  exclusive: boolean,
  unseen = false,
): Promise<Target> {
  const url = location.href;
  let path = exclusive
    ? await confinement.entry(location, op)
    : await confinement.follow(location, op);
  if (exclusive && unseen) return { path };
  let old = await lstatIfThere(path);
  if (old?.isSymlink && !exclusive) {
    path = await realTarget(path);
    old = await lstatIfThere(path);
  }
  if (exclusive && old) throw new VfsError("AlreadyExists", { op, url });
  if (old?.isDirectory) throw new VfsError("IsADirectory", { op, url });
  if (old && !old.isFile) {
    throw new VfsError("NotSupported", {
      op,
      url,
      reason: "it is not a regular file",
    });
  }
  return { path, old };
}
