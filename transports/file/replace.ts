/**
 * Giving a finished file its final name in the place of one certain version.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { isMissing } from "../../vfs/system_errors.ts";
import { infoOfStat } from "./info.ts";
import { atName } from "./nearness.ts";

/**
 * Moves a file to `target` in the place of the version with `etag`. Who else does so at the same time, in whatever
 * process, fails: each holds a lock on the version that it replaces while it looks whether that is there still.
 *
 * @throws `ConditionFailed`
 */
export async function moveFileOnto(
  from: string,
  target: string,
  etag: string,
  { href: url }: Location,
): Promise<void> {
  try {
    const old = await Deno.open(target);
    try {
      const isMine = await isLocked(old) && await atName(target, () => {
        const isThere = infoOfStat(Deno.statSync(target)).etag === etag;
        if (isThere) Deno.renameSync(from, target);
        return isThere;
      }, async () => {
        const isThere = infoOfStat(await Deno.stat(target)).etag === etag;
        if (isThere) await Deno.rename(from, target);
        return isThere;
      });
      if (isMine) return;
    } finally {
      old.close();
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  throw new VfsError("ConditionFailed", { op: "write", url });
}

/** Takes the lock, in a thread, since a share asks its server; where there are no locks, everybody has it. */
async function isLocked(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch {
    return true;
  }
}
