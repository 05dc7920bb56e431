/**
 * Time that passes when told to.
 *
 * @module
 */

import type { Clock } from "../vfs/concurrency/clock.ts";

/** A clock that stands still between steps. */
export interface ManualClock extends Clock {
  /** Milliseconds asked for by each call of `schedule`, in order. */
  readonly waits: readonly number[];
  /** Timers that have neither run nor been cancelled. */
  readonly pending: number;
  /** Lets `ms` milliseconds pass; callbacks run in the order in which they fall due. */
  advance(ms: number): Promise<void>;
}

/** Options of {@linkcode manualClock}. */
export interface ManualClockOptions {
  /** What `now` tells at first, in milliseconds since the epoch. @default {0} */
  readonly start?: number;
  /**
   * Time jumps to each timer as soon as it is set, so that nobody waits. Not for time limits: those would
   * run out at once.
   *
   * @default {false}
   */
  readonly auto?: boolean;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * Makes a {@linkcode ManualClock}.
 *
 * @example
 * ```ts
 * import { manualClock } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const clock = manualClock();
 * let rang = false;
 * clock.schedule(() => rang = true, 60_000);
 * await clock.advance(60_000);
 * assert(rang);
 * ```
 */
export function manualClock(options: ManualClockOptions = {}): ManualClock {
  const { start = 0, auto = false } = options;
  const timers = new Set<Timer>();
  const waits: number[] = [];
  let time = start;

  function next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.due <= until && !(first && first.due <= timer.due)) {
        first = timer;
      }
    }
    return first;
  }

  function run(timer: Timer): void {
    if (!timers.delete(timer)) return;
    time = Math.max(time, timer.due);
    timer.callback();
  }

  return {
    waits,
    get pending() {
      return timers.size;
    },
    now: () => time,
    schedule(callback, ms) {
      const timer = { due: time + ms, callback };
      timers.add(timer);
      waits.push(ms);
      if (auto) queueMicrotask(() => run(timer));
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const end = time + ms;
      for (let timer = next(end); timer; timer = next(end)) {
        run(timer);
        await settle();
      }
      time = end;
    },
  };
}

/** Lets what a callback set off run as far as it can, since it may set timers that fall due as well. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
