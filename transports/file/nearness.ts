/**
 * Short calls of the system without a thread for each, about files on disks of this machine.
 *
 * @module
 */

import { SEPARATOR } from "@std/path";
import { isGranted } from "../../vfs/platform.ts";

/** So many calls go to threads once some took long. */
const FAR = 200;
/** This part of the time that is too long any call may take. */
const USUAL = 0.1;

/**
 * Runs a short call about the file at `path`: `now`, since waking a thread costs many times as much as the call. Where no
 * disk of this machine is sure to answer, and while such calls turn out to take long, it runs `later`, in a thread, and
 * holds up nobody.
 */
type ShortCall = <T>(path: string, now: () => T, later: () => Promise<T>) => Promise<T>;

/**
 * Calls of a kind. Too long is one that takes over `long` milliseconds more than usual, and so are several that do together:
 * other processes' turns, which hold up a call now and then, are no slow disk.
 */
export function shortCall(
  long: number,
  isNear: (folder: string) => Answer = isLocal,
  folderOf: (path: string) => string = parentOf,
): ShortCall {
  let farFor = 0;
  /** Milliseconds over the usual of the last calls together. */
  let excess = 0;
  return async (path, now, later) => {
    const near = isNear(folderOf(path));
    if (near !== true && !await near) return await later();
    if (farFor > 0) {
      farFor--;
      return await later();
    }
    const start = performance.now();
    try {
      return now();
    } finally {
      excess = Math.max(0, excess + performance.now() - start - USUAL * long);
      if (excess > long) {
        excess = 0;
        farFor = FAR;
      }
    }
  };
}

/** The folder of a native path that ends with a name. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf(SEPARATOR)));
}

/** At once, where it is known. */
type Answer = boolean | Promise<boolean>;

/** What is known of a folder. */
export interface Folder {
  /** What is in it lies on a disk of this machine. */
  readonly isLocal: boolean;
  /** Bytes of the folder itself. */
  readonly size: number;
}

/** For so long, in milliseconds, a folder is taken to be where it was. */
const KEPT = 10_000;
/** Folders that are remembered. */
const MOST = 10_000;

const known = new Map<string, Folder & { readonly until: number }>();

/**
 * Whether what is in `folder` lies on a disk of this machine. A network share can leave a call without an answer for ever,
 * and with a call that is no thread's the whole process.
 */
export function isLocal(folder: string): Answer {
  return knownFolder(folder)?.isLocal ?? learn(folder);
}

async function learn(folder: string): Promise<boolean> {
  try {
    return (await lookAt(folder)).isLocal;
  } catch {
    // What is wrong with the folder is told by the call itself.
    return false;
  }
}

/** What is known of `folder`. */
export function knownFolder(folder: string): Folder | undefined {
  const found = known.get(folder);
  return found && performance.now() < found.until ? found : undefined;
}

/** Looks at `folder`, in a thread. */
export async function lookAt(folder: string): Promise<Folder> {
  return await learnFrom(await Deno.stat(folder), folder);
}

/** Remembers what a stat tells of `folder`. */
export async function learnFrom({ dev, size }: Deno.FileInfo, folder: string): Promise<Folder> {
  const isLocal = await isOnDisk(folder, dev);
  if (known.size >= MOST) known.clear();
  const found = { isLocal, size, until: performance.now() + KEPT };
  known.set(folder, found);
  return found;
}

/** For calls about a file that was just written, which the system answers from memory, unless the disk is busy. */
export const atHand: ShortCall = shortCall(20);

/** For calls that open and read a file, which a disk does at once when it has it in memory. */
export const toRead: ShortCall = shortCall(10);

/** For calls that make or take away a name, which a disk's journal has at once. */
export const atName: ShortCall = shortCall(10);

/** For calls about the folder at `path`, which a disk reads at once when it has it in memory. */
export const inFolder: ShortCall = shortCall(20, isLocal, (path) => path);

/** Majors of block devices that a network is behind: nbd and drbd (Linux, Documentation/admin-guide/devices.txt). */
const BEHIND_NETWORK: readonly number[] = [43, 147];

/** Magic numbers of file systems of this machine that have no device of their own: tmpfs, overlayfs, Btrfs, ZFS. */
const LOCAL_TYPES: readonly number[] = [0x0102_1994, 0x794c_7630, 0x9123_683e, 0x2fc1_2fc1];

/** On Linux alone a device tells: those of file systems without a disk, as all network shares are, have the major 0. */
async function isOnDisk(folder: string, dev: number): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  return isDisk(dev) ?? await isLocalType(folder);
}

/** Whether a device is a disk of this machine; `undefined` for none. */
export function isDisk(dev: number): boolean | undefined {
  const major = Math.floor(dev / 256) % 4096;
  return major === 0 ? undefined : !BEHIND_NETWORK.includes(major);
}

async function isLocalType(folder: string): Promise<boolean> {
  if (!isGranted({ name: "sys", kind: "statfs" })) return false;
  const { statfs } = await import("node:fs/promises");
  return LOCAL_TYPES.includes((await statfs(folder)).type);
}
