/**
 * Moving files and directories. A link is moved itself, and a link at the destination is replaced itself.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { notMoved } from "../../vfs/copy/removable.ts";
import { type ErrorKind, isVfsError, VfsError } from "../../vfs/errors.ts";
import { isWithin, NATIVE } from "../../vfs/location/file_path.ts";
import type { Location } from "../../vfs/location/location.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { codeOf } from "../../vfs/system_errors.ts";
import type { ReplaceOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { attempt } from "./errors.ts";
import { moveAcross } from "./move_across.ts";
import { moveDirectoryExclusively, moveFile, moveFileExclusively, withParents } from "./publish.ts";
import { tryRemoval } from "./removable.ts";
import { isSameFile, lstatIfThere } from "./target.ts";

/** Implements `rename`. */
export async function rename(
  confinement: Confinement,
  from: Location,
  to: Location,
  { signal, overwrite = false }: ReplaceOptions,
): Promise<void> {
  const check = () => throwIfAborted(signal, "rename", from.href);
  const source = await attempt("rename", from, async () => {
    check();
    const path = await confinement.entryToReplace(from, "rename");
    return { path, stat: await Deno.lstat(path) };
  }, "source");
  await attempt("rename", to, async () => {
    const target = await confinement.entryToReplace(to, "rename");
    const { isDirectory } = source.stat;
    if (
      isDirectory && target !== source.path && isWithin(source.path, target)
    ) {
      throw failure("InvalidArgument", to, "it lies in what is to be moved");
    }
    const old = await lstatIfThere(target);
    if (old) {
      const isSame = isSameFile(source.stat, old);
      if (isCaseChange(source.path, target) && (isSame ?? NATIVE === "windows")) {
        return await Deno.rename(source.path, target);
      }
      checkReplaceable(source.stat, old, to, overwrite);
      if (source.path === target) return;
      // The system leaves both of two hard links to one file.
      if (isSame) return await removeOther(source, target);
      if (source.stat.isSymlink && await leadsTo(source.path, old)) {
        throw failure("InvalidArgument", to, "the link that is to be moved leads to it");
      }
    }
    const move = isDirectory
      ? moveDirectoryExclusively
      : overwrite
      ? moveFile
      : moveFileExclusively;
    try {
      await withParents(target, () => move(source.path, target));
    } catch (error) {
      if (codeOf(error) !== "EXDEV") throw error;
      await checkMovable(source.path, from, isDirectory);
      await moveAcross(source.path, target, move, check);
    }
  });
}

/** Of what could not be removed nothing is copied to another file system. */
async function checkMovable(path: string, from: Location, isDirectory: boolean): Promise<void> {
  try {
    await tryRemoval(dirname(path), from);
    if (isDirectory) await tryRemoval(path, from);
  } catch (error) {
    throw isVfsError(error) ? notMoved(from.href, error) : error;
  }
}

/** True when two paths that lead to one file differ in case only, on a system that does not tell them apart. */
function isCaseChange(from: string, to: string): boolean {
  return from !== to && from.toLowerCase() === to.toLowerCase();
}

/** Removes the hard link `source`, unless it is the entry at `target` by another way, as through a link to its folder. */
async function removeOther(
  { path, stat }: { readonly path: string; readonly stat: Deno.FileInfo },
  target: string,
): Promise<void> {
  const entryAt = async (of: string) => join(await Deno.realPath(dirname(of)), basename(of));
  // A folder that is mounted twice has two real paths; but of one link nothing else would be left.
  const isOnly = (stat.nlink ?? 1) < 2 || await entryAt(path) === await entryAt(target);
  if (!isOnly) await Deno.remove(path);
}

/** Whether the link at `path` leads to `old`: in its place it would lead to itself, and `old` would be gone. */
async function leadsTo(path: string, old: Deno.FileInfo): Promise<boolean> {
  try {
    return isSameFile(await Deno.stat(path), old) === true;
  } catch {
    // It leads to nothing, or out of what may be seen, which `old` was.
    return false;
  }
}

/** Only a file gives way, only to a file, and only when asked. */
function checkReplaceable(
  source: Deno.FileInfo,
  old: Deno.FileInfo,
  to: Location,
  overwrite: boolean,
): void {
  if (!overwrite) throw failure("AlreadyExists", to);
  if (old.isDirectory) {
    throw failure(source.isDirectory ? "AlreadyExists" : "IsADirectory", to);
  }
  if (source.isDirectory) throw failure("NotADirectory", to);
}

function failure(kind: ErrorKind, at: Location, reason?: string): VfsError {
  return new VfsError(kind, { op: "rename", url: at.href, reason });
}
