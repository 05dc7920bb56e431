/**
 * Opening files to read without ever hanging on a named pipe.
 *
 * @module
 */

import { systemClock } from "../../vfs/concurrency/clock.ts";
import { coalescedClock } from "../../vfs/concurrency/coalesced_clock.ts";
import { toRead } from "./nearness.ts";
import { takeTurns } from "./turns.ts";

const clock = coalescedClock(systemClock);

/** An open that takes longer than this, in milliseconds, may be that of a pipe to which nobody writes. */
const PATIENCE = 100;

/**
 * Opens a file to read. Opening a named pipe waits until somebody opens its other end, in a thread that nothing
 * can stop; so when it takes long we look, and if it is a pipe open the other end ourselves. A stat before
 * each open would tell too, but in a thread it costs as much as the open. On disks of this machine both need none.
 */
export async function openToRead(path: string): Promise<Deno.FsFile> {
  await takeTurns();
  const near = await toRead(path, () => openPlain(path), () => Promise.resolve(undefined));
  if (near) return near;
  let looking: Promise<void> | undefined;
  const cancel = clock.schedule(() => looking = releasePipe(path), PATIENCE);
  try {
    return await Deno.open(path);
  } finally {
    cancel();
    await looking;
  }
}

/** Opens what is surely a file, and lies in this folder: a link may lead to a network share, or to a pipe. */
function openPlain(path: string): Deno.FsFile | undefined {
  return Deno.lstatSync(path).isFile ? Deno.openSync(path) : undefined;
}

async function releasePipe(path: string): Promise<void> {
  try {
    if (!(await Deno.stat(path)).isFifo) return;
    const { closeSync, constants, openSync } = await import("node:fs");
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // What is wrong with the path is told by the open that waits.
  }
}
