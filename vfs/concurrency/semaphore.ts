/**
 * A counting semaphore whose waits can be aborted.
 *
 * @module
 */

import { toAborted } from "./signals.ts";

/** Grants at most `permits` at once, first come first served: who wants few does not overtake who wants many. */
export class Semaphore {
  readonly #permits: number;
  #free: number;
  /** How many each wants who waits. */
  readonly #waiting = new Map<() => void, number>();

  /** @throws `RangeError` unless `permits` is a whole number above zero */
  constructor(permits: number) {
    if (!Number.isSafeInteger(permits) || permits < 1) {
      throw new RangeError(`Cannot make a semaphore of ${permits} permits`);
    }
    this.#permits = this.#free = permits;
  }

  /** Runs `action` with a permit; `url` is for the error. @throws `Aborted` when `signal` fires before it got one */
  async run<T>(
    action: () => Promise<T>,
    signal: AbortSignal,
    url = "",
  ): Promise<T> {
    const release = await this.acquire(signal, url);
    try {
      return await action();
    } finally {
      release();
    }
  }

  /**
   * Gets `count` permits, and gives what returns them; that may be called again.
   *
   * @throws `Aborted`
   * @throws `RangeError` for more than there are
   */
  async acquire(signal: AbortSignal, url = "", count = 1): Promise<() => void> {
    if (count > this.#permits) {
      throw new RangeError(`Cannot get ${count} of ${this.#permits} permits`);
    }
    if (this.#waiting.size === 0 && this.#free >= count) this.#free -= count;
    else await this.#wait(signal, url, count);
    let isHeld = true;
    return () => {
      if (isHeld) this.#free += count;
      isHeld = false;
      this.#grant();
    };
  }

  #wait(signal: AbortSignal, url: string, count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(toAborted(signal, "wait for", url));
      const grant = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(grant);
        reject(toAborted(signal, "wait for", url));
        // Who came after may want less.
        this.#grant();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(grant, count);
    });
  }

  #grant(): void {
    for (const [grant, count] of this.#waiting) {
      if (count > this.#free) return;
      this.#free -= count;
      this.#waiting.delete(grant);
      grant();
    }
  }
}
