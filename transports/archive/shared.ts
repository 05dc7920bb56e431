/**
 * Work that several callers wait for.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";

/** Something that is made once for all who ask while it is made, and given up when none of them waits any more. */
export class Shared<T> {
  readonly #stop = new AbortController();
  readonly #made: Promise<T>;
  #waiting = 0;
  #isSettled = false;
  #isFailed = false;

  /** Begins to make it. */
  constructor(make: (signal: AbortSignal) => Promise<T>) {
    this.#made = make(this.#stop.signal).finally(() => this.#isSettled = true);
    this.#made.catch(() => this.#isFailed = true);
  }

  /** True when it was given up, or failed: whoever needs it begins anew. */
  get isStopped(): boolean {
    return this.#isFailed || this.#stop.signal.aborted;
  }

  /** Waits for it. */
  async wait({ signal, op, url }: Ask): Promise<T> {
    this.#waiting++;
    try {
      return await orAborted(this.#made, signal, op, url);
    } finally {
      if (--this.#waiting === 0 && !this.#isSettled) this.stop();
    }
  }

  /** What it came to is handed to `use`, once it is there; of a failure only those who wait are told. */
  async settled(use: (made: T) => void | Promise<void>): Promise<void> {
    await this.#made.then(use, () => {});
  }

  /** Gives it up. */
  stop(): void {
    this.#stop.abort();
  }
}
