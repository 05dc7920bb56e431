/**
 * Memory for uploads, used again while some are under way.
 *
 * @module
 */

/** Lends memory; what is given back is kept until the last is. */
export class UploadMemory {
  #lent = 0;
  readonly #free: ArrayBuffer[] = [];

  /** Lends `size` bytes or more, whatever they hold. */
  lend(size: number): ArrayBuffer {
    this.#lent++;
    const fitting = this.#free.findIndex(({ byteLength }) => byteLength >= size);
    // Where none is large enough one is replaced, so that there are no more than were lent at once.
    const [known] = this.#free.splice(Math.max(0, fitting), 1);
    return fitting < 0 ? new ArrayBuffer(size) : known!;
  }

  /** Takes back what was lent; without `memory`, which may be read still, it is not lent again. */
  giveBack(memory?: ArrayBuffer): void {
    if (memory) this.#free.push(memory);
    if (--this.#lent === 0) this.#free.length = 0;
  }
}
