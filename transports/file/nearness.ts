/**
 * Short calls of the system for files at hand, without a thread for each.
 *
 * @module
 */

/** A call that takes longer, in milliseconds, is answered from afar: by a network share, or a disk that is busy. */
const LONG = 20;
/** So many calls go to threads then. */
const FAR = 200;

let farFor = 0;

/**
 * Runs a short call about a file that was just written, so that the system answers from memory: `now`, since waking a
 * thread costs many times as much as the call. While such calls turn out to take long it runs `later`, in a thread, and
 * holds up nobody.
 */
export async function atHand<T>(now: () => T, later: () => Promise<T>): Promise<T> {
  if (farFor > 0) {
    farFor--;
    return await later();
  }
  const start = performance.now();
  try {
    return now();
  } finally {
    if (performance.now() - start > LONG) farFor = FAR;
  }
}
