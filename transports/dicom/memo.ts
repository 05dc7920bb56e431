/**
 * What answers told a moment ago.
 *
 * @module
 */

import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";

interface Kept<T> {
  readonly value: T;
  readonly at: number;
}

/** Values by key, each for a time, the oldest making room for new ones. */
export class Memo<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #most: number;
  readonly #sizeOf: (value: T) => number;
  #size = 0;

  /** Keeps values for `ttlMs` milliseconds, and at most `most` of them, or as many as have that size together. */
  constructor(
    clock: Clock,
    ttlMs: number,
    most: number,
    sizeOf: (value: T) => number = () => 1,
  ) {
    this.#clock = steadyClock(clock);
    this.#ttlMs = ttlMs;
    this.#most = most;
    this.#sizeOf = sizeOf;
  }

  /** The value kept. */
  get(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (this.#clock.now() - kept.at < this.#ttlMs) return kept.value;
    this.delete(key);
    return undefined;
  }

  /** Keeps a value. */
  set(key: string, value: T): void {
    if (this.#ttlMs <= 0) return;
    this.delete(key);
    this.#kept.set(key, { value, at: this.#clock.now() });
    this.#size += this.#sizeOf(value);
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#most) return;
      this.delete(oldest);
    }
  }

  /** Forgets a value. */
  delete(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.#size -= this.#sizeOf(kept.value);
  }

  /** Forgets all. */
  clear(): void {
    this.#kept.clear();
    this.#size = 0;
  }
}
