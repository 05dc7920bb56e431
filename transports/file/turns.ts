/**
 * Turns: calls without a thread, one after the other, would let nothing else happen.
 *
 * @module
 */

/** In milliseconds: after so long something else has its turn, such as an abort. */
const TURN = 50;

let lastTurn = 0;

/** What to wait for, so that what else there is to do is done, when that was long ago. */
export function takeTurns(): Promise<void> | undefined {
  return performance.now() - lastTurn > TURN ? nextTurn() : undefined;
}

async function nextTurn(): Promise<void> {
  // A timer would take over a millisecond.
  await new Promise((resolve) => setImmediate(resolve));
  lastTurn = performance.now();
}
