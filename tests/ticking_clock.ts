import { manualClock } from "../testing/manual_clock.ts";
import type { Clock } from "../vfs/concurrency/clock.ts";

const STEP_MS = 5;

/**
 * A clock whose time passes by the timers of this process: while the machine stops it, or gives it no turn, nothing runs
 * out.
 */
export function tickingClock(): Clock & AsyncDisposable {
  const { now, schedule, advance } = manualClock();
  let isOver = false;
  const ticking = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
      await advance(STEP_MS);
    }
  })();
  return {
    now,
    elapsed: now,
    schedule,
    [Symbol.asyncDispose]() {
      isOver = true;
      return ticking;
    },
  };
}
