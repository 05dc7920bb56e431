/**
 * Giving a finished file or directory its final name in one step.
 *
 * @module
 */

import { dirname } from "@std/path";
import { NATIVE } from "../../vfs/location/file_path.ts";
import { codeOf, isMissing } from "../../vfs/system_errors.ts";
import { atName } from "./nearness.ts";
import { lstatIfThere } from "./target.ts";

/** What a file system without hard links answers. */
const NO_HARD_LINKS: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  // What Windows says on FAT, "Incorrect function", is to Deno what it says of directories.
  "EISDIR",
]);

/** Runs `action`, which makes `path`; when its folder is missing makes that, and runs it again. */
export async function withParents<T>(
  path: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await Deno.mkdir(dirname(path), { recursive: true });
  return await action();
}

/**
 * Moves a file to `target`, where nothing may be, not even for a moment: a hard link fails when the name is
 * taken, and what it links to is complete.
 *
 * Without hard links (FAT, some network shares) an empty file reserves the name and is replaced at once. That is
 * as exclusive; but others may see it empty for a moment, and it stays so if the process is killed in that
 * moment. Looking first and renaming then would never show an empty file, but could destroy what somebody else
 * has stored meanwhile, which is worse.
 *
 * @throws `Deno.errors.AlreadyExists`
 */
export async function moveFileExclusively(
  from: string,
  target: string,
): Promise<void> {
  let isLinked = false;
  try {
    await atName(target, () => {
      Deno.linkSync(from, target);
      isLinked = true;
      Deno.removeSync(from);
    }, async () => {
      await Deno.link(from, target);
      isLinked = true;
      await Deno.remove(from);
    });
  } catch (error) {
    if (isLinked) await Deno.remove(target);
    if (isLinked || !NO_HARD_LINKS.has(codeOf(error))) throw error;
    await replaceReserved(from, target, await reserve(target));
  }
}

/** What Windows answers where somebody holds the file that is to be replaced. */
const HELD: ReadonlySet<string | undefined> = new Set(["EPERM", "EACCES", "EBUSY"]);
/** The last of the pauses, in milliseconds, each twice as long as the one before: a second in all. */
const LONGEST_PAUSE = 512;

/**
 * Moves a file to `target` in place of what is there. On Windows a virus scanner, or on a share whoever reads what is there,
 * may keep it from being replaced for a moment, and is waited for.
 */
export async function moveFile(from: string, target: string): Promise<void> {
  const now = () => Deno.renameSync(from, target);
  for (let pause = 1;; pause *= 2) {
    try {
      return await atName(target, now, () => Deno.rename(from, target));
    } catch (error) {
      if (pause > LONGEST_PAUSE || !await isHeld(target, error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function isHeld(target: string, error: unknown): Promise<boolean> {
  if (NATIVE !== "windows" || !HELD.has(codeOf(error))) return false;
  const old = await lstatIfThere(target);
  // What may not be written to is not given up later either.
  return !old || old.isFile && ((old.mode ?? 0) & 0o200) !== 0;
}

/** Makes an empty file to write to. @throws `Deno.errors.AlreadyExists` */
export function createFile(path: string, mode?: number): Promise<Deno.FsFile> {
  const later = () => Deno.open(path, { write: true, createNew: true, mode });
  return atName(path, () => createFileNow(path, mode), later);
}

/** As {@linkcode createFile}, at once. */
export function createFileNow(path: string, mode?: number): Deno.FsFile {
  return Deno.openSync(path, { write: true, createNew: true, mode });
}

/**
 * Moves a directory to `target`, where nothing may be. An empty directory reserves the name: on POSIX a rename
 * replaces it, and fails when somebody has put something in. On Windows a rename never replaces a directory.
 *
 * @throws `Deno.errors.AlreadyExists`
 */
export async function moveDirectoryExclusively(
  from: string,
  target: string,
): Promise<void> {
  if (NATIVE === "windows") return await Deno.rename(from, target);
  await Deno.mkdir(target);
  await replaceReserved(from, target, await Deno.lstat(target));
}

/** Makes an empty file, and closes it: on Windows nothing could take its place otherwise. */
async function reserve(target: string): Promise<Deno.FileInfo> {
  using file = await Deno.open(target, { write: true, createNew: true });
  return await file.stat();
}

/** Moves what is at `from` in place of the empty one that reserves its name. */
async function replaceReserved(
  from: string,
  target: string,
  reserved: Deno.FileInfo,
): Promise<void> {
  try {
    await Deno.rename(from, target);
  } catch (error) {
    // What led here is the one to tell.
    await removeReserved(target, reserved).catch(() => {});
    throw error;
  }
}

/** Removes what reserves a name, unless somebody has put something in its place, or in it. */
async function removeReserved(target: string, { dev, ino }: Deno.FileInfo): Promise<void> {
  const now = await Deno.lstat(target);
  const isOurs = now.dev === dev && now.ino === ino;
  // A directory goes only when it is empty.
  if (isOurs && (now.isDirectory || now.size === 0)) await Deno.remove(target);
}

/** Makes the names in the folder of `path` last through a power failure. Windows does so by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (NATIVE === "windows") return;
  using folder = await Deno.open(dirname(path));
  await folder.sync();
}
