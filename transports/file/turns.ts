/**
 * Turns: calls without a thread, one after the other, would let nothing else happen.
 *
 * @module
 */

/** In milliseconds: after so long something else has its turn, such as an abort. */
const TURN = 50;

let lastTurn = 0;

/** Waits for what else there is to do, when that was long ago. */
export async function takeTurns(): Promise<void> {
  if (performance.now() - lastTurn <= TURN) return;
  // A timer would take over a millisecond.
  await new Promise((resolve) => setImmediate(resolve));
  lastTurn = performance.now();
}
