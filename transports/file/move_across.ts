/**
 * Moving from one file system to another: a copy beside the target, which then takes the final name in one step.
 *
 * @module
 */

import { join, toFileUrl } from "@std/path";
import { VfsError } from "../../vfs/errors.ts";
import { NATIVE } from "../../vfs/location/file_path.ts";
import { claimed } from "./copy.ts";
import { codeOf } from "../../vfs/system_errors.ts";
import { lstatIfThere } from "./target.ts";
import {
  claimTemporary,
  discardTemporary,
  releaseTemporary,
  reserveTemporary,
} from "./temporaries.ts";

/** How far the time of a copy may be off, in milliseconds: FAT tells times to 2 s, exFAT to 10 ms. */
const roundingOf = (ms: number) => ms % 1000 === 0 ? 2000 : ms % 10 === 0 ? 10 : 0;

/** Copies `from`, gives the copy its name by `move`, and removes the original. `check` stops it by throwing. */
export async function moveAcross(
  from: string,
  target: string,
  move: (from: string, to: string) => Promise<void>,
  check: () => void,
): Promise<void> {
  const temporary = reserveTemporary(target);
  try {
    using claim = new DisposableStack();
    const { isFile } = await Deno.lstat(from);
    if (isFile) claim.use(await claimed(temporary));
    await copyTree(from, temporary, check, async () => {
      claim.use(await claimedFolder(temporary));
    });
    await move(temporary, target);
    releaseTemporary(temporary);
  } catch (error) {
    await discardTemporary(temporary);
    throw error;
  }
  // From here on stopping would leave both.
  await removeCopied(from, target);
}

/** Removes what was copied to `copy`, and leaves what came or changed since. */
async function removeCopied(from: string, copy: string): Promise<void> {
  const copied = await Deno.lstat(copy);
  const stat = await lstatIfThere(from);
  if (stat?.isDirectory && copied.isDirectory) {
    for await (const { name } of Deno.readDir(copy)) {
      await removeCopied(join(from, name), join(copy, name));
    }
    await Deno.remove(from).catch((error) => {
      if (codeOf(error) !== "ENOTEMPTY") throw error;
    });
    return;
  }
  const isSame = stat?.isFile && copied.isFile && !isOther(stat, copied);
  if (isSame || stat?.isSymlink && copied.isSymlink) await Deno.remove(from);
}

/** Whether a file is another than `then`, whose time a coarse file system may have rounded. */
function isOther(now: Deno.FileInfo, then: Deno.FileInfo): boolean {
  const [a = 0, b = 0] = [now, then].map(({ mtime }) => mtime?.getTime());
  return now.size !== then.size || Math.abs(a - b) > roundingOf(b);
}

/** A folder counts as written to as long as it is open here. Windows locks none, so that its age alone has to do. */
async function claimedFolder(path: string): Promise<Deno.FsFile | undefined> {
  if (NATIVE === "windows") return undefined;
  const folder = await Deno.open(path);
  await claimTemporary(path, folder);
  return folder;
}

async function copyTree(
  from: string,
  to: string,
  check: () => void,
  onMade?: () => Promise<void>,
): Promise<void> {
  check();
  const stat = await Deno.lstat(from);
  if (stat.isSymlink) {
    // On Windows a link knows what it leads to, and what that is need not be seen from there.
    const leadsTo = await Deno.stat(from).catch(() => undefined);
    const type = leadsTo?.isDirectory ? "dir" : "file";
    return await Deno.symlink(await Deno.readLink(from), to, { type });
  }
  if (stat.isDirectory) {
    await Deno.mkdir(to);
    await onMade?.();
    for await (const { name } of Deno.readDir(from)) {
      await copyTree(join(from, name), join(to, name), check);
    }
    if (stat.mode !== null) await Deno.chmod(to, stat.mode & 0o7777);
  } else if (stat.isFile) {
    await Deno.copyFile(from, to);
    const now = await Deno.lstat(from);
    if (now.size !== stat.size || now.mtime?.getTime() !== stat.mtime?.getTime()) {
      const { href: url } = toFileUrl(from);
      const reason = "it changed while it was copied";
      throw new VfsError("ConditionFailed", { op: "rename", url, reason });
    }
  } else {
    throw new Deno.errors.NotSupported(`"${from}" is not a regular file`);
  }
  if (stat.mtime) await Deno.utime(to, stat.atime ?? stat.mtime, stat.mtime);
}
