/**
 * Opening files to read without ever hanging on a named pipe.
 *
 * @module
 */

import { systemClock } from "../../vfs/concurrency/clock.ts";
import { coalescedClock } from "../../vfs/concurrency/coalesced_clock.ts";

const clock = coalescedClock(systemClock);

/** An open that takes longer than this, in milliseconds, may be that of a pipe to which nobody writes. */
const PATIENCE = 100;

/**
 * Opens a file to read. Opening a named pipe waits until somebody opens its other end, in a thread that nothing
 * can stop; so when it takes long we look, and if it is a pipe open the other end ourselves. A stat before
 * each open would tell too, but costs as much as the open.
 */
export async function openToRead(path: string): Promise<Deno.FsFile> {
  let looking: Promise<void> | undefined;
  const cancel = clock.schedule(() => looking = releasePipe(path), PATIENCE);
  try {
    return await Deno.open(path);
  } finally {
    cancel();
    await looking;
  }
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
