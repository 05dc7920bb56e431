/**
 * Many waits on one timer.
 *
 * @module
 */

import { type Clock, steadyClock, systemClock } from "./clock.ts";

interface Wait {
  readonly callback: () => void;
  readonly due: number;
  readonly idle: boolean;
}

/**
 * A steady clock with one timer of the platform for all waits that overlap. Time limits are set and cancelled
 * for each operation, and making a timer costs more than the rest of it.
 */
export function coalescedClock(given: Clock): Clock {
  const clock = steadyClock(given);
  const waits = new Set<Wait>();
  let cancelTimer: (() => void) | undefined;
  let armedFor = Infinity;
  /** The timer does not keep the process running: all waits are idle. */
  let isIdle = false;

  function arm(): void {
    disarm();
    const all = [...waits];
    armedFor = all.reduce((first, { due }) => Math.min(first, due), Infinity);
    isIdle = all.every(({ idle }) => idle);
    cancelTimer = clock.schedule(fire, Math.max(0, armedFor - clock.now()), isIdle);
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
    if (waits.size > 0) arm();
    for (const { callback } of due) callback();
  }

  return {
    now: () => clock.now(),
    schedule(callback, ms, idle = false) {
      const wait = { callback, due: clock.now() + ms, idle };
      waits.add(wait);
      if (wait.due < armedFor || isIdle && !idle) arm();
      return () => {
        waits.delete(wait);
        if (waits.size === 0) disarm();
        else if (!idle && !isIdle && areIdle(waits)) arm();
      };
    },
  };
}

/** The clock of the platform, with one timer for whoever uses this. */
export const commonClock: Clock = coalescedClock(systemClock);

/** As long as most time limits, in milliseconds. */
const LONG = 60_000;

/**
 * Keeps the timer of a coalesced clock until this is disposed, so that it is not made and cancelled for each of many waits
 * that follow each other. As the waits of work that goes on, it keeps the process running.
 */
export function keepTimer(clock: Clock = commonClock): Disposable {
  let cancel: () => void;
  const keep = () => {
    cancel = clock.schedule(keep, LONG);
  };
  keep();
  return { [Symbol.dispose]: () => cancel() };
}

function areIdle(waits: Iterable<Wait>): boolean {
  for (const { idle } of waits) if (!idle) return false;
  return true;
}
