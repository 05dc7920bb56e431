/**
 * Small files of the user that hold secrets: where they are, and how they are read and written.
 *
 * @module
 */

import { isGranted, platform } from "../platform.ts";

/** A small text file, and how the system guards it. */
export interface PrivateText {
  /** Its content. */
  readonly text: string;
  /** Whether others than its owner can read or write it; `undefined` where the system does not tell. */
  readonly isShared?: boolean;
}

/** Beyond this a file is none of ours, whoever made it. */
const MAX_BYTES = 256 * 1024;

/** Whether `path` may be read without asking anybody. */
export function mayRead(path: string): boolean {
  return isGranted({ name: "read", path });
}

/**
 * Reads a small UTF-8 file; `undefined` when there is none.
 *
 * @throws {RangeError} when it is larger than 256 KiB
 */
export async function readPrivate(path: string): Promise<PrivateText | undefined> {
  try {
    using file = await Deno.open(path);
    const { mode, size } = await file.stat();
    if (size > MAX_BYTES) throw new RangeError("it is larger than 256 KiB");
    const bytes = new Uint8Array(MAX_BYTES + 1);
    let length = 0;
    for (let n: number | null = 0; n !== null && length < bytes.length; length += n ?? 0) {
      n = await file.read(bytes.subarray(length));
    }
    if (length > MAX_BYTES) throw new RangeError("it is larger than 256 KiB");
    const text = new TextDecoder().decode(bytes.subarray(0, length));
    // The mode that Deno makes up for Windows has the same bits for everybody.
    const isTold = mode !== null && !platform.isWindows;
    return { text, isShared: isTold ? (mode & 0o077) !== 0 : undefined };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Replaces a small file at once, readable by its owner alone (mode 600); its folder is made with mode 700. */
export async function writePrivate(path: string, text: string): Promise<void> {
  // Not imported above, since importing mod.ts would load it too.
  const { dirname } = await import("@std/path");
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** How long another process may take to change the file, in milliseconds. */
const LOCK_LIMIT_MS = 5_000;
const LOCK_POLL_MS = 20;

/**
 * Does `work` while no other process does its own under the same lock, a file beside `path`.
 *
 * @throws {Deno.errors.TimedOut} when another one does not come to an end
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { dirname } = await import("@std/path");
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  using lock = await Deno.open(`${path}.lock`, { write: true, create: true, mode: 0o600 });
  for (let waited = 0; !await lock.tryLock(true); waited += LOCK_POLL_MS) {
    if (waited >= LOCK_LIMIT_MS) throw new Deno.errors.TimedOut("another process is changing it");
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  // Closing the file gives the lock up.
  return await work();
}
