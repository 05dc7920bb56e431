/**
 * Copying one file by the system, which moves no byte through this process.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { NATIVE } from "../../vfs/location/file_path.ts";
import type { Location } from "../../vfs/location/location.ts";
import { orAborted, throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { isMissing } from "../../vfs/system_errors.ts";
import type { Info, ReplaceOptions } from "../../vfs/transport.ts";
import type { Confinement } from "./confinement.ts";
import { attempt } from "./errors.ts";
import { infoOfStat } from "./info.ts";
import { makeBeside, type MakingOptions } from "./making.ts";
import { makeNow, MODE, type Opened } from "./copy_now.ts";
import { atHand, isDisk } from "./nearness.ts";
import { createFile, moveFile, moveFileExclusively, withParents } from "./publish.ts";
import { findTarget, isSameFile, isSmall, lstatIfThere, type Target } from "./target.ts";
import { claimTemporary, discardTemporary, removeTemporary } from "./temporaries.ts";
import { takeTurns } from "./turns.ts";
import { makeDistinct } from "./versions.ts";
import { PERMISSIONS } from "./write.ts";

/** How long an aborted copy may take to end by itself, in milliseconds. */
const GRACE = 500;

/** Milliseconds between two looks at how far a copy is. */
const TICK = 200;

/** Set-uid and set-gid, of a mode. */
const SET_ID = 0o6000;

/** Options of {@linkcode copy}. */
export interface CopyOptions extends ReplaceOptions, MakingOptions {}

/** Implements `copy`. The modification time goes with the content. */
export async function copy(
  confinement: Confinement,
  from: Location,
  to: Location,
  options: CopyOptions,
): Promise<Info> {
  const { signal, overwrite = false } = options;
  const source = await attempt("copy", from, async () => {
    await takeTurns();
    throwIfAborted(signal, "copy", from.href);
    const path = await confinement.follow(from, "copy");
    return { path, stat: await statOf(path) };
  }, "source");
  checkSource(source.stat, from);
  return await attempt("copy", to, async () => {
    const unseen = isSmall(source.stat.size);
    const target = await findTarget(confinement, to, "copy", !overwrite, unseen);
    checkDistinct(source.stat, target, to);
    try {
      return await store(source, target, to, options);
    } catch (error) {
      // It may be the source that is gone by now.
      if (isMissing(error)) await attempt("copy", from, () => statOf(source.path), "source");
      throw error;
    }
  });
}

/** The stat of the file at `path`. A link may lead to where a call that is no thread's must not go. */
async function statOf(path: string): Promise<Deno.FileInfo> {
  const stat = await atHand(path, () => Deno.lstatSync(path), () => Deno.stat(path));
  return stat.isSymlink ? await Deno.stat(path) : stat;
}

function store(
  source: Opened,
  target: Target,
  to: Location,
  options: CopyOptions,
): Promise<Info> {
  const { signal, overwrite, fsync, onProgress } = options;
  return makeBeside(target.path, options, async (temporary) => {
    throwIfAborted(signal, "copy", to.href);
    const info = await makeSmall(source, temporary, target, to) ?? await makeLarge();
    if (fsync) await syncFile(temporary);
    throwIfAborted(signal, "copy", to.href);
    if (overwrite) await moveFile(temporary, target.path);
    else await moveFileExclusively(temporary, target.path);
    return info;

    async function makeLarge(): Promise<Info> {
      using claim = new DisposableStack();
      await using _watch = watchSize(temporary, onProgress);
      claim.use(await withParents(temporary, () => claimed(temporary)));
      await withParents(temporary, () => copyContent(source, temporary, signal, to.href));
      await checkSteady(source, to);
      return await dress(temporary, source.stat, target, to);
    }
  });
}

async function makeSmall(
  source: Opened,
  temporary: string,
  { old }: Target,
  to: Location,
): Promise<Info | undefined> {
  const { mode } = source.stat;
  const bits = old?.mode ?? mode;
  const permissions = bits === null || bits === mode ? undefined : bits & PERMISSIONS;
  const check = (now: Deno.FileInfo) => checkSame(source.stat, now, to);
  const info = await withParents(temporary, () => makeNow(source, temporary, permissions, check));
  if (info) checkWhole(info, source.stat, to);
  return info;
}

/** Makes the temporary, for as long as it is copied to. */
export async function claimed(temporary: string): Promise<Deno.FsFile | undefined> {
  // Elsewhere the system's copy makes another file in its place, or cannot write to one that is locked.
  if (Deno.build.os !== "linux") return undefined;
  const file = await createFile(temporary);
  await claimTemporary(temporary, file);
  return file;
}

/**
 * The system's copy is the quickest there is and cannot be stopped. When aborted, the temporary loses its name
 * at once, and the copy is given a moment to end. What then still runs writes to a file without a name.
 */
async function copyContent(
  { path }: Opened,
  temporary: string,
  signal: AbortSignal,
  url: string,
): Promise<void> {
  const copying = Deno.copyFile(path, temporary);
  try {
    await orAborted(copying, signal, "copy", url);
  } catch (error) {
    if (signal.aborted) await endSoon(copying, temporary);
    throw error;
  }
}

async function endSoon(
  copying: Promise<void>,
  temporary: string,
): Promise<void> {
  const discard = () => discardTemporary(temporary);
  // The copy may not have made the file yet, so it is removed again at its end.
  const ended = copying.then(discard, discard);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GRACE);
  });
  await removeTemporary(temporary);
  await Promise.race([ended, late]);
  clearTimeout(timer);
}

/** Tells how far the system's copy is, by the size of what it has made so far, until it is disposed. */
function watchSize(
  temporary: string,
  onProgress: ((bytes: number) => void) | undefined,
): AsyncDisposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking: Promise<void> | undefined;
  let isOver = false;
  const look = async () => {
    const size = (await lstatIfThere(temporary))?.size;
    if (size !== undefined && !isOver) onProgress?.(size);
  };
  const schedule = () => {
    timer = setTimeout(() => {
      // What keeps it from looking will keep the copy from ending well, and be told there.
      looking = look().catch(() => {}).finally(() => isOver || schedule());
    }, TICK);
  };
  if (onProgress) schedule();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

/** Gives the copy its time, and the permissions of what it replaces. */
async function dress(
  temporary: string,
  source: Deno.FileInfo,
  { old }: Target,
  to: Location,
): Promise<Info> {
  const setTime = (mtime: Date, atime = mtime) =>
    atHand(
      temporary,
      () => Deno.utimeSync(temporary, atime, mtime),
      () => Deno.utime(temporary, atime, mtime),
    );
  if (source.mtime) await setTime(source.mtime, source.atime ?? source.mtime);
  const mode = old?.mode ?? source.mode;
  if (mode !== null && mode !== source.mode) {
    await Deno.chmod(temporary, mode & PERMISSIONS);
  } else if (mode !== null && (mode & SET_ID) !== 0) {
    // The system takes these away again when anybody but root writes, itself included.
    await Deno.chmod(temporary, mode & MODE);
  }
  const info = await makeDistinct(
    async () =>
      infoOfStat(
        await atHand(temporary, () => Deno.lstatSync(temporary), () => Deno.lstat(temporary)),
      ),
    setTime,
  );
  checkWhole(info, source, to);
  return info;
}

function checkWhole({ size = 0 }: Info, source: Deno.FileInfo, to: Location): void {
  if (size >= source.size) return;
  throw new VfsError("Incomplete", {
    op: "copy",
    url: to.href,
    reason: "the file became shorter while it was copied",
  });
}

/** A copy of a file that was written to meanwhile may be of no version that ever was. */
async function checkSteady({ path, stat }: Opened, to: Location): Promise<void> {
  const look = () => Deno.stat(path);
  // A link may lead to another device than that of its folder.
  const now = await (isDisk(stat.dev) ? atHand(path, () => Deno.statSync(path), look) : look());
  checkSame(stat, now, to);
}

function checkSame(then: Deno.FileInfo, now: Deno.FileInfo, to: Location): void {
  if (now.size === then.size && now.mtime?.getTime() === then.mtime?.getTime()) return;
  throw new VfsError("ConditionFailed", {
    op: "copy",
    url: to.href,
    reason: "the source changed while it was copied",
  });
}

async function syncFile(path: string): Promise<void> {
  // A copy of what may not be written to may not either; Windows syncs only what is open for writing.
  using file = await Deno.open(path, { read: true, write: NATIVE === "windows" });
  await file.sync();
}

function checkSource(stat: Deno.FileInfo, from: Location): void {
  if (stat.isFile) return;
  throw new VfsError(stat.isDirectory ? "IsADirectory" : "NotSupported", {
    op: "copy",
    url: from.href,
    reason: stat.isDirectory ? undefined : "it is not a regular file",
  });
}

function checkDistinct(
  source: Deno.FileInfo,
  { old }: Target,
  to: Location,
): void {
  if (!old || !isSameFile(source, old)) return;
  throw new VfsError("InvalidArgument", {
    op: "copy",
    url: to.href,
    reason: "source and destination are the same file",
  });
}
