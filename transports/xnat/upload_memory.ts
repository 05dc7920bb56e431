/**
 * Memory for uploads, used again by the next.
 *
 * @module
 */

import type { Clock } from "../../vfs/concurrency/clock.ts";

/** So long it waits for the next upload: between two of them a copy reads files. */
const PAUSE_MS = 100;

/** Lends memory, and keeps what is given back for a moment. */
export class UploadMemory implements Disposable {
  readonly #clock: Clock;
  readonly #free: ArrayBuffer[] = [];
  #isDisposed = false;
  #stay = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lends `size` bytes or more, whatever they hold. */
  lend(size: number): ArrayBuffer {
    const fitting = this.#free.findIndex(({ byteLength }) => byteLength >= size);
    // Where none is large enough one is replaced, so that there are no more than were lent at once.
    const [known] = this.#free.splice(Math.max(0, fitting), 1);
    return fitting < 0 ? new ArrayBuffer(size) : known!;
  }

  /** Takes back what was lent and nobody reads any more. */
  giveBack(memory: ArrayBuffer): void {
    if (this.#isDisposed) return;
    this.#free.push(memory);
    this.#stay();
    this.#stay = this.#clock.schedule(() => this.#clear(), PAUSE_MS, true);
  }

  /** Keeps nothing any more. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#stay();
    this.#clear();
  }

  #clear(): void {
    this.#free.length = 0;
  }
}
