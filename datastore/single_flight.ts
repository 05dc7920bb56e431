/**
 * One of a kind at a time.
 *
 * @module
 */

import type { OpOptions } from "../vfs/options.ts";
import { NEVER, orAborted, throwIfAborted } from "../vfs/concurrency/signals.ts";

/** Who waits, and what for. */
export interface Waiter extends OpOptions {
  /** The operation, as a verb. */
  readonly op: string;
  /** The URL concerned. */
  readonly url: string;
}

/** Runs what has the same key one after the other. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` once all that was begun under `key` has ended; not at all when its caller has left by then. */
  async run<T>(
    key: string,
    { signal = NEVER, op, url }: Waiter,
    work: () => Promise<T>,
  ): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    let isBegun = false;
    const own = before.then(() => {
      throwIfAborted(signal, op, url);
      isBegun = true;
      return work();
    });
    const settled = own.then(() => {}, () => {});
    this.#last.set(key, settled);
    settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key);
    });
    try {
      return await orAborted(own, signal, op, url);
    } catch (error) {
      // What was begun settles by itself, and tells what it left.
      if (isBegun) return await own;
      throw error;
    }
  }
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly abort: AbortController;
  waiting: number;
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
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
        flight.abort.abort();
      }
    }
  }
}
