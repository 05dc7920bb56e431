/**
 * A counting semaphore whose waits can be aborted.
 *
 * @module
 */

import { toAborted } from "./signals.ts";

/** Grants at most `permits` at once, first come first served. */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** @throws `RangeError` unless `permits` is a whole number above zero */
  constructor(permits: number) {
    if (!Number.isSafeInteger(permits) || permits < 1) {
      throw new RangeError(`Cannot make a semaphore of ${permits} permits`);
    }
    this.#free = permits;
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

  /** Gets a permit, and gives what returns it; that may be called again. @throws `Aborted` */
  async acquire(signal: AbortSignal, url = ""): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal, url);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release();
      isHeld = false;
    };
  }

  #wait(signal: AbortSignal, url: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(toAborted(signal, "wait for", url));
      const grant = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(grant);
        reject(toAborted(signal, "wait for", url));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(grant);
    });
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free++;
    else {
      this.#waiting.delete(next);
      next();
    }
  }
}
