/**
 * One of a kind at a time.
 *
 * @module
 */

import type { OpOptions } from "../vfs/options.ts";
import { NEVER, orAborted, throwIfAborted } from "../vfs/signals.ts";

/** Runs what has the same key one after the other. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` once all that was begun under `key` has ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    const settled = own.then(() => {}, () => {});
    this.#last.set(key, settled);
    try {
      return await own;
    } finally {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
}

/** Who waits, and what for. */
export interface Waiter extends OpOptions {
  /** The operation, as a verb. */
  readonly op: string;
  /** The URL concerned. */
  readonly url: string;
}

/** Gives all who ask for the same at the same time one answer; it is called off when none of them waits any more. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /** The answer of `work`, or that of one that is under way for `key`. */
  async run(
    key: string,
    { signal = NEVER, op, url }: Waiter,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(signal, op, url);
    let flight = this.#flights.get(key);
    if (!flight) {
      const abort = new AbortController();
      const made = { result: work(abort.signal), abort, waiting: 0 };
      const forget = () => {
        if (this.#flights.get(key) === made) this.#flights.delete(key);
      };
      made.result.then(forget, forget);
      this.#flights.set(key, flight = made);
    }
    flight.waiting++;
    try {
      return await orAborted(flight.result, signal, op, url);
    } finally {
      if (--flight.waiting === 0) {
        this.#flights.delete(key);
        flight.abort.abort();
      }
    }
  }
}
