/**
 * A zip of stored members in one piece of memory: what they hold can be hashed and sent where it lies.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { endRecords } from "../../formats/zip/write_records.ts";
import { storedRecords } from "./stored_zip.ts";

/** Packs members one after the other. */
export class PackedZip {
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #directory: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;

  /** `memory` has room for the whole zip: {@linkcode zipSize} tells how much. */
  constructor(memory: ArrayBuffer) {
    this.#memory = new Uint8Array(memory);
  }

  /** Adds a file under a path with slashes, and gives its content as it lies there. */
  add(path: string, content: Uint8Array<ArrayBuffer>): Uint8Array {
    const size = content.length;
    const { header, entry } = storedRecords({
      path,
      size,
      crc: crc32(content),
      offset: this.#length,
    });
    this.#append(header);
    this.#directory.push(entry);
    const start = this.#length;
    this.#append(content);
    return this.#memory.subarray(start, this.#length);
  }

  /** Ends the zip. Gives its length. */
  end(): number {
    const offset = this.#length;
    this.#directory.forEach((entry) => this.#append(entry));
    const size = this.#length - offset;
    this.#append(endRecords({ count: this.#directory.length, size, offset }));
    return this.#length;
  }

  #append(bytes: Uint8Array<ArrayBuffer>): void {
    this.#memory.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}
