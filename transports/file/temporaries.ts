/**
 * Temporary files beside their targets, under names that tell them from everything else, and known while they
 * are in use so that an interrupted program can remove them.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { codeOf, isMissing } from "../../vfs/system_errors.ts";
import { atHand, isLocal } from "./nearness.ts";

const SUFFIX = ".medvfs-tmp";
const TEMPORARY = /^\..*\.[0-9a-f]{16}\.medvfs-tmp$/s;
/** The longest name, in bytes, on every file system of note. */
const MAX_NAME = 255;

/** How long making a file may take that was asked for already. */
const MAKING_MS = 30;

/** Who has just made a temporary may not have claimed it yet, and who is done with it may be about to rename it. */
export const CLAIMING_MS = 1000;
/** Who writes to a share from another machine may have another time, and locks that nobody sees here. */
const UNSEEN_MS = 24 * 3600 * 1000;

/** No file can be made, not even an empty one. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

const inUse = new Set<string>();
let lastNumber: bigint | undefined;

/** True for the name of a temporary file of ours. */
export function isTemporaryName(name: string): boolean {
  return name.endsWith(SUFFIX) && TEMPORARY.test(name);
}

/** A new path in the folder of `target` for what will become it. It counts as in use until it is discarded or released. */
export function reserveTemporary(target: string): string {
  const path = pathBeside(target, nextNumber());
  inUse.add(path);
  return path;
}

/** The path of a temporary beside `target` that all processes know. */
export function sharedTemporary(target: string): string {
  return pathBeside(target, 0n);
}

function pathBeside(target: string, number: bigint): string {
  const end = `.${number.toString(16).padStart(16, "0")}${SUFFIX}`;
  const name = basename(target);
  // The folder with its separator, as it is written.
  const folder = target.slice(0, target.length - name.length);
  return `${folder}.${cut(name, MAX_NAME - 1 - end.length)}${end}`;
}

/** A number that no other process has: they count from random ones. */
function nextNumber(): bigint {
  lastNumber = BigInt.asUintN(64, (lastNumber ?? randomNumber()) + 1n);
  return lastNumber;
}

function randomNumber(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!;
}

/** The temporary at `path` is gone: it became its target. */
export function releaseTemporary(path: string): void {
  inUse.delete(path);
}

/**
 * Removes the temporary at `path`, as far as it was made at all. It never throws, since the error that led here
 * is the one to tell; what cannot be removed stays known as in use.
 */
export async function discardTemporary(path: string): Promise<void> {
  if (await removeTemporary(path)) inUse.delete(path);
}

/**
 * Removes the temporary at `path` if it is there, and tells whether it is gone. It counts as in use all the same, since
 * what makes it may still be under way.
 */
export async function removeTemporary(path: string): Promise<boolean> {
  try {
    await Deno.remove(path, { recursive: true });
    return true;
  } catch (error) {
    return isMissing(error);
  }
}

/**
 * Removes all temporaries in use, at once and without waiting: for a program that is about to end, such as on
 * SIGINT. The operations that they belong to fail.
 *
 * @throws the first error of the system, after all were tried
 */
export function removeTemporariesSync(): void {
  const errors: unknown[] = [];
  const isGone = (path: string) => {
    try {
      Deno.removeSync(path, { recursive: true });
      return true;
    } catch (error) {
      // Where its folder is none any more, it is gone as well.
      const isHere = !isMissing(error) && !(error instanceof Deno.errors.NotADirectory);
      if (isHere) errors.push(error);
      return isHere;
    }
  };
  const missing = [...inUse].filter((path) => !isGone(path));
  // Those that are about to be made, by threads that nothing stops.
  if (missing.length > 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MAKING_MS);
    missing.forEach(isGone);
  }
  inUse.clear();
  if (errors.length > 0) throw errors[0];
}

/**
 * Tells the sweepers of other processes that somebody writes to `file`, the temporary at `path`, until it is closed or the process
 * ends. Where files cannot be locked nothing is told.
 */
export async function claimTemporary(path: string, file: Deno.FsFile): Promise<void> {
  await atHand(path, () => claimTemporaryNow(file), () => file.tryLock(true).catch(() => {}));
}

/** As {@linkcode claimTemporary}, at once. */
export function claimTemporaryNow(file: Deno.FsFile): void {
  try {
    file.tryLockSync(true);
  } catch {
    // Then the time of its last change has to do.
  }
}

/**
 * Removes what killed programs left in `directory`: temporaries that nobody has changed for `olderThanMs`
 * milliseconds, and that no process writes to. Gives their names. Without `now`, in milliseconds since the epoch, they
 * are as old as both clocks say: that of this machine, and that of the file system.
 */
export async function sweepTemporaries(
  directory: string,
  olderThanMs: number,
  now?: number,
): Promise<string[]> {
  return (await sweep(directory, olderThanMs, now)).swept;
}

/** What a sweep came to. */
interface Sweep {
  /** Names of what was removed. */
  readonly swept: string[];
  /** Nobody seems to work on something, but it is too young for that to be sure. */
  readonly isEarly: boolean;
}

/** How old what killed programs left in `directory` must be, in milliseconds, to be told from what others write there. */
export async function sweepableAge(directory: string): Promise<number> {
  return await isLocal(directory) ? CLAIMING_MS : UNSEEN_MS;
}

/** As {@linkcode sweepTemporaries}. */
export async function sweep(
  directory: string,
  olderThanMs: number,
  given?: number,
): Promise<Sweep> {
  const now = given ?? Date.now();
  const swept: string[] = [];
  let there = given;
  let isEarly = false;
  for await (const { name } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (!isTemporaryName(name) || inUse.has(path)) continue;
    try {
      if (await isClaimed(path)) continue;
      const changed = await changeOf(path);
      // Either clock may be wrong by days: ours, or that of the machine that has the share.
      if (now - changed >= olderThanMs) there ??= await timeIn(directory, now);
      if (Math.min(now, there ?? now) - changed < olderThanMs) isEarly = true;
      else {
        await clear(path);
        swept.push(name);
      }
    } catch (error) {
      // Somebody has just given it its final name, or removed it.
      if (!isMissing(error)) throw error;
    }
  }
  return { swept, isEarly };
}

/** When a temporary was last worked on, in milliseconds since the epoch. */
async function changeOf(path: string): Promise<number> {
  const { mtime, ctime } = await Deno.lstat(path);
  // The time of change is that of the content to be; that of the entry is the system's own.
  return Math.max(mtime?.getTime() ?? Infinity, ctime?.getTime() ?? 0);
}

/** What time it is by the clock that files in `directory` get theirs from, or `now` where there is no room to ask it. */
async function timeIn(directory: string, now: number): Promise<number> {
  const path = reserveTemporary(join(directory, "time"));
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
    return await changeOf(path);
  } catch (error) {
    // What was left is to go now of all times: it may be all that fills the disk.
    if (FULL.has(codeOf(error) ?? "")) return now;
    throw error;
  } finally {
    await discardTemporary(path);
  }
}

/** Removes a temporary. A tree goes out of the way first: who works in it after all fails, and never goes on with a part. */
async function clear(path: string): Promise<void> {
  if (!(await Deno.lstat(path)).isDirectory) return await Deno.remove(path);
  const aside = reserveTemporary(path);
  try {
    await Deno.rename(path, aside);
    await Deno.remove(aside, { recursive: true });
  } finally {
    releaseTemporary(aside);
  }
}

/** Whether a process writes to the temporary at `path`, as far as that can be told. */
async function isClaimed(path: string): Promise<boolean> {
  const { isFile, isDirectory } = await Deno.lstat(path);
  if (!isFile && !isDirectory) return false;
  using file = await Deno.open(path);
  return await file.tryLock(true).then((isFree) => !isFree, () => false);
}

/** The longest beginning of `name` that takes at most `bytes` bytes in UTF-8. */
function cut(name: string, bytes: number): string {
  if (3 * name.length <= bytes) return name;
  const encoded = new TextEncoder().encode(name);
  if (encoded.length <= bytes) return name;
  let end = bytes;
  // 10xxxxxx is the middle of a character.
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(encoded.subarray(0, end));
}
