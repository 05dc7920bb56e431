import { manualClock } from "../testing/manual_clock.ts";
import type { Clock } from "../vfs/concurrency/clock.ts";

/** A clock whose time passes when told to, and that somebody sets on or back meanwhile. */
export interface SettableClock extends Clock {
  advance(ms: number): Promise<void>;
  /** Sets it by `ms` milliseconds; less than none is back. */
  set(ms: number): void;
}

export function settableClock(): SettableClock {
  const { now, schedule, advance } = manualClock({ start: Date.parse("2024-01-31T12:00Z") });
  let off = 0;
  return { now: () => now() + off, elapsed: now, schedule, advance, set: (ms) => void (off += ms) };
}
