/**
 * Memory for uploads, used again by the next.
 *
 * @module
 */

/** Lends memory, and keeps what is given back. */
export class UploadMemory {
  readonly #free: ArrayBuffer[] = [];

  /** Lends `size` bytes or more, whatever they hold. */
  lend(size: number): ArrayBuffer {
    const fitting = this.#free.findIndex(({ byteLength }) => byteLength >= size);
    // Where none is large enough one is replaced, so that there are no more than were lent at once.
    const [known] = this.#free.splice(Math.max(0, fitting), 1);
    return fitting < 0 ? new ArrayBuffer(size) : known!;
  }

  /** Takes back what was lent and nobody reads any more. */
  giveBack(memory: ArrayBuffer): void {
    this.#free.push(memory);
  }

  /** Lets go of what was given back. */
  clear(): void {
    this.#free.length = 0;
  }
}
