/**
 * Giving a finished file its final name in the place of one certain version.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { NATIVE } from "../../vfs/location/file_path.ts";
import type { Location } from "../../vfs/location/location.ts";
import { isMissing } from "../../vfs/system_errors.ts";
import { infoOfStat } from "./info.ts";
import { atName } from "./nearness.ts";
import { moveFile } from "./publish.ts";
import { sharedTemporary } from "./temporaries.ts";

/**
 * Moves a file to `target` in the place of the version with `etag`. Who else does so at the same time, in whatever
 * process, fails: each holds a lock while it looks whether that is there still, on the version that it replaces, or on Windows,
 * which may refuse to replace a file that is open, on one beside it.
 *
 * @throws `ConditionFailed`
 */
export async function moveFileOnto(
  from: string,
  target: string,
  etag: string,
  { href: url }: Location,
): Promise<void> {
  const move = NATIVE === "windows" ? moveUnderLock : moveOntoLocked;
  try {
    if (await move(from, target, etag)) return;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  throw new VfsError("ConditionFailed", { op: "write", url });
}

async function moveOntoLocked(from: string, target: string, etag: string): Promise<boolean> {
  const old = await Deno.open(target);
  try {
    return await isLocked(old) && await atName(target, () => {
      const isThere = etagOf(Deno.statSync(target)) === etag;
      if (isThere) Deno.renameSync(from, target);
      return isThere;
    }, async () => {
      const isThere = etagOf(await Deno.stat(target)) === etag;
      if (isThere) await Deno.rename(from, target);
      return isThere;
    });
  } finally {
    old.close();
  }
}

async function moveUnderLock(from: string, target: string, etag: string): Promise<boolean> {
  const path = sharedTemporary(target);
  using lock = await takeLock(path);
  if (!lock) return false;
  try {
    const isThere = etagOf(await Deno.stat(target)) === etag;
    if (isThere) await moveFile(from, target);
    return isThere;
  } finally {
    // Where a scanner holds it, it is there for the next one, or swept.
    await Deno.remove(path).catch(() => {});
  }
}

async function takeLock(path: string): Promise<Deno.FsFile | undefined> {
  try {
    using opened = new DisposableStack();
    const file = opened.use(await Deno.open(path, { write: true, create: true }));
    if (!await isLocked(file)) return undefined;
    // Who had it before may have removed it since it was opened, and others have made a new one.
    if (etagOf(await Deno.stat(path)) !== etagOf(await file.stat())) return undefined;
    opened.move();
    return file;
  } catch (error) {
    // So Windows says of one that is being removed.
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

const etagOf = (stat: Deno.FileInfo) => infoOfStat(stat).etag;

/** Takes the lock, in a thread, since a share asks its server; where there are no locks, everybody has it. */
async function isLocked(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch {
    return true;
  }
}
