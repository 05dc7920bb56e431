/**
 * Moving from one file system to another: a copy beside the target, which then takes the final name in one step.
 *
 * @module
 */

import { join } from "@std/path";
import { removeTree } from "./remove.ts";
import { discardTemporary, releaseTemporary, reserveTemporary } from "./temporaries.ts";

/** Copies `from`, gives the copy its name by `move`, and removes the original. `check` stops it by throwing. */
export async function moveAcross(
  from: string,
  target: string,
  move: (from: string, to: string) => Promise<void>,
  check: () => void,
): Promise<void> {
  const temporary = reserveTemporary(target);
  try {
    await copyTree(from, temporary, check);
    await move(temporary, target);
    releaseTemporary(temporary);
  } catch (error) {
    await discardTemporary(temporary);
    throw error;
  }
  // From here on stopping would leave both.
  const { isDirectory } = await Deno.lstat(from);
  await (isDirectory ? removeTree(from, () => {}) : Deno.remove(from));
}

async function copyTree(
  from: string,
  to: string,
  check: () => void,
): Promise<void> {
  check();
  const stat = await Deno.lstat(from);
  if (stat.isSymlink) return await Deno.symlink(await Deno.readLink(from), to);
  if (stat.isDirectory) {
    await Deno.mkdir(to);
    for await (const { name } of Deno.readDir(from)) {
      await copyTree(join(from, name), join(to, name), check);
    }
    if (stat.mode !== null) await Deno.chmod(to, stat.mode & 0o7777);
  } else if (stat.isFile) {
    await Deno.copyFile(from, to);
  } else {
    throw new Deno.errors.NotSupported(`"${from}" is not a regular file`);
  }
  if (stat.mtime) await Deno.utime(to, stat.atime ?? stat.mtime, stat.mtime);
}
