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

  /** Keeps values for `ttlMs` milliseconds, and at most `most` of them. */
  constructor(clock: Clock, ttlMs: number, most: number) {
    this.#clock = steadyClock(clock);
    this.#ttlMs = ttlMs;
    this.#most = most;
  }

  /** The value kept. */
  get(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (this.#clock.now() - kept.at < this.#ttlMs) return kept.value;
    this.#kept.delete(key);
    return undefined;
  }

  /** Keeps a value. */
  set(key: string, value: T): void {
    if (this.#ttlMs <= 0) return;
    this.#kept.delete(key);
    this.#kept.set(key, { value, at: this.#clock.now() });
    if (this.#kept.size <= this.#most) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest!);
  }

  /** Forgets a value. */
  delete(key: string): void {
    this.#kept.delete(key);
  }

  /** Forgets all. */
  clear(): void {
    this.#kept.clear();
  }
}
