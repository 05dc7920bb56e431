/**
 * Time, as the layers see it: injectable, so that no test waits.
 *
 * @module
 */

import { toAborted } from "./signals.ts";

/** A source of time and of timers. */
export interface Clock {
  /** Milliseconds since the epoch. Somebody may set the clock, on or back by hours. */
  now(): number;
  /** Milliseconds since some moment, whatever the clock is set to; without it, `now` has to do. */
  elapsed?(): number;
  /**
   * Calls `callback` once after `ms` milliseconds, or 24 days if these are more; the function returned cancels it. A wait that is `idle` does not keep
   * the process running.
   */
  schedule(callback: () => void, ms: number, idle?: boolean): () => void;
}

/** The platform takes a longer wait for none. */
const LONGEST = 2 ** 31 - 1;

/** The clock of the platform. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  schedule: (callback, ms, idle = false) => {
    const timer = setTimeout(callback, Math.min(ms, LONGEST));
    if (idle) Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/** `clock`, with a `now` that is of no day but tells how long something takes, also when the clock is set meanwhile. */
export function steadyClock(clock: Clock): Clock {
  const elapsed = () => clock.elapsed?.() ?? clock.now();
  return { ...clock, now: elapsed, elapsed, schedule: (...args) => clock.schedule(...args) };
}

/** Waits `ms` milliseconds on `clock`; `op` and `url` are for the error. @throws `Aborted` as soon as `signal` is aborted. */
export function sleep(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  op?: string,
  url?: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(toAborted(signal, op, url));
    const cancel = clock.schedule(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      cancel();
      reject(toAborted(signal, op, url));
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
