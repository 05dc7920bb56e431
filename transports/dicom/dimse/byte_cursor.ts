/**
 * Big endian fields, read.
 *
 * @module
 */

import { withoutTail } from "../../../formats/text.ts";
import { PduError } from "./pdu.ts";

/** Reads big endian fields of a PDU; every length is checked against the part that it lies in. */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  /** Reads `bytes` from `start` to `end`; `what` names the part in errors. */
  constructor(bytes: Uint8Array, readonly what: string, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** One byte. */
  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  /** Two bytes. */
  uint16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  /** Four bytes. */
  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  /** Steps over `length` bytes. */
  skip(length: number): void {
    this.#take(length);
  }

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#take(length);
    return this.#bytes.slice(start, start + length) as Uint8Array<ArrayBuffer>;
  }

  /** The next bytes as text, one character each, without padding. */
  text(length: number): string {
    const start = this.#take(length);
    const raw = this.#bytes.subarray(start, start + length);
    return withoutTail(String.fromCharCode(...raw), /[\0 ]/);
  }

  /** The next bytes as a part of their own. */
  part(length: number, what: string): ByteCursor {
    const start = this.#take(length);
    return new ByteCursor(this.#bytes, what, start, start + length);
  }

  #take(length: number): number {
    if (length > this.left) {
      throw new PduError(`${this.what} needs ${length} bytes where ${this.left} are left`);
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
