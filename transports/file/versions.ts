/**
 * Telling apart the versions of a file that follow each other at once.
 *
 * @module
 */

import type { Info } from "../../vfs/transport.ts";

/** Longer than the system may take to tell another time, in milliseconds. */
const KEPT = 1000;

const published = new Map<string, number>();
let lastForgotten = -Infinity;

/**
 * Makes sure that a file which is about to be published has another etag than what this process published just
 * before: a replaced file's inode is used again at once, and within a millisecond size and time are the same.
 * Such a file becomes a millisecond younger.
 */
export async function makeDistinct(
  stat: () => Promise<Info>,
  setTime: (mtime: Date) => Promise<void>,
): Promise<Info> {
  let info = await stat();
  for (let time = timeToTake(info); time; time = timeToTake(info)) {
    await setTime(time);
    info = await stat();
  }
  return info;
}

/** As {@linkcode makeDistinct}, at once. */
export function makeDistinctNow(stat: () => Info, setTime: (mtime: Date) => void): Info {
  let info = stat();
  for (let time = timeToTake(info); time; time = timeToTake(info)) {
    setTime(time);
    info = stat();
  }
  return info;
}

/** The time that a file needs instead of its own; without one it is told from all others, and remembered. */
function timeToTake({ etag, mtime }: Info): Date | undefined {
  if (etag === undefined) return undefined;
  forgetOld();
  if (mtime && published.has(etag)) return new Date(mtime.getTime() + 1);
  published.set(etag, performance.now());
}

/** Not each time: what was forgotten lately is passed over by each look at the first. */
function forgetOld(): void {
  const now = performance.now();
  const before = now - KEPT;
  if (lastForgotten > before) return;
  lastForgotten = now;
  for (const [etag, time] of published) {
    if (time > before) return;
    published.delete(etag);
  }
}
