/**
 * Short calls of the system for files at hand, without a thread for each.
 *
 * @module
 */

/** So many calls go to threads once one took long. */
const FAR = 200;

/**
 * Runs a short call: `now`, since waking a thread costs many times as much as the call. While such calls turn out to take
 * long it runs `later`, in a thread, and holds up nobody.
 */
type ShortCall = <T>(now: () => T, later: () => Promise<T>) => Promise<T>;

/** Calls of a kind; `long` milliseconds are too long for them. */
function shortCall(long: number): ShortCall {
  let farFor = 0;
  return async (now, later) => {
    if (farFor > 0) {
      farFor--;
      return await later();
    }
    const start = performance.now();
    try {
      return now();
    } finally {
      if (performance.now() - start > long) farFor = FAR;
    }
  };
}

/**
 * For calls about a file that was just written, which the system answers from memory. One that takes long is answered
 * from afar: by a network share, or a disk that is busy.
 */
export const atHand: ShortCall = shortCall(20);

/** For calls that make or take away a name: a disk's journal has it at once, a network share asks its server. */
export const atName: ShortCall = shortCall(2);
