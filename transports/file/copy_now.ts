/**
 * Copying a small file at once: threads of the system's take twice as long to be woken as all of it.
 *
 * @module
 */

import { dirname } from "@std/path";
import type { Info } from "../../vfs/transport.ts";
import { infoOfStat } from "./info.ts";
import { isDisk, isLocal, toRead } from "./nearness.ts";
import { createFileNow } from "./publish.ts";
import { isSmall, SMALL } from "./target.ts";
import { claimTemporaryNow } from "./temporaries.ts";
import { makeDistinctNow } from "./versions.ts";

/** What a mode says of permissions, set-uid and the like. */
export const MODE = 0o7777;

/** Memory through which small files go, one after the other. */
const memory = new Uint8Array(SMALL);

/** What is copied. */
export interface Opened {
  /** Native path. */
  readonly path: string;
  /** What it was when that began. */
  readonly stat: Deno.FileInfo;
}

/**
 * Makes the copy of a small file at `temporary`, with its time and with `mode` or its own; `check` looks at what the source is
 * by then. `undefined` where threads are to do that.
 */
export async function makeNow(
  source: Opened,
  temporary: string,
  mode: number | undefined,
  check: (now: Deno.FileInfo) => void,
): Promise<Info | undefined> {
  const { path, stat } = source;
  // Elsewhere a file that is locked cannot be written to by another handle. A link may lead to another device.
  const isQuick = Deno.build.os === "linux" && isSmall(stat.size) && isDisk(stat.dev) &&
    await isLocal(dirname(temporary));
  if (!isQuick) return undefined;
  return await toRead(path, () => {
    // First, so that nothing is made when it is gone.
    using from = Deno.openSync(path);
    using file = createFileNow(temporary);
    claimTemporaryNow(file);
    pourNow(from, stat.size, file);
    check(Deno.statSync(path));
    const bits = mode ?? stat.mode;
    if (bits !== null) Deno.chmodSync(temporary, bits & MODE);
    const setTime = (mtime: Date, atime = mtime) => file.utimeSync(atime, mtime);
    if (stat.mtime) setTime(stat.mtime, stat.atime ?? stat.mtime);
    return makeDistinctNow(() => infoOfStat(file.statSync()), setTime);
  }, () => Promise.resolve(undefined));
}

function pourNow(from: Deno.FsFile, size: number, to: Deno.FsFile): void {
  for (let left = size; left > 0;) {
    const count = from.readSync(memory.subarray(0, left));
    if (count === null) break;
    for (let at = 0; at < count;) at += to.writeSync(memory.subarray(at, count));
    left -= count;
  }
}
