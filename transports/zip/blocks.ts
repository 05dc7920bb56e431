/**
 * A directory as it is written: its entries are small, and there may be hundreds of thousands.
 *
 * @module
 */

import { concat } from "../../vfs/bytes/bytes.ts";

/** Bytes that are given at once. */
const BLOCK = 256 * 1024;

/** Gives what is added in larger pieces, and counts it. */
export class Blocks {
  #parts: Uint8Array[] = [];
  #length = 0;
  #given = 0;

  /** Bytes of all that was added. */
  get size(): number {
    return this.#given + this.#length;
  }

  /** Adds some bytes, which are copied before they are given. */
  *add(part: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length >= BLOCK) yield* this.rest();
  }

  /** Gives what is left. */
  *rest(): Generator<Uint8Array<ArrayBuffer>> {
    if (this.#length === 0) return;
    const block = concat(this.#parts, this.#length);
    this.#given += this.#length;
    this.#parts = [];
    this.#length = 0;
    yield block;
  }
}
