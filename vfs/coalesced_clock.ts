/**
 * Many waits on one timer.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

interface Wait {
  readonly callback: () => void;
  readonly due: number;
}

/**
 * The same clock with one timer of the platform for all waits that overlap. Time limits are set and cancelled
 * for each operation, and making a timer costs more than the rest of it.
 */
export function coalescedClock(clock: Clock): Clock {
  const waits = new Set<Wait>();
  let cancelTimer: (() => void) | undefined;
  let armedFor = Infinity;

  function arm(due: number): void {
    disarm();
    armedFor = due;
    cancelTimer = clock.schedule(fire, Math.max(0, due - clock.now()));
  }

  function disarm(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    armedFor = Infinity;
  }

  function fire(): void {
    cancelTimer = undefined;
    armedFor = Infinity;
    const now = clock.now();
    const due = [...waits].filter((wait) => wait.due <= now);
    for (const wait of due) waits.delete(wait);
    if (waits.size > 0) arm(Math.min(...[...waits].map((wait) => wait.due)));
    for (const { callback } of due) callback();
  }

  return {
    now: () => clock.now(),
    schedule(callback, ms) {
      const wait = { callback, due: clock.now() + ms };
      waits.add(wait);
      if (wait.due < armedFor) arm(wait.due);
      return () => {
        waits.delete(wait);
        if (waits.size === 0) disarm();
      };
    },
  };
}
