/**
 * PDUs of data in one buffer, to be written at once.
 *
 * @module
 */

import { PDU_HEADER, PDV_HEADER } from "./pdu.ts";

/** Message control headers (PS3.8 §E.2): a piece of a command, of a dataset; the last of it. */
export const COMMAND = 1;
/** See {@linkcode COMMAND}. */
export const DATASET = 0;
/** See {@linkcode COMMAND}. */
export const LAST = 2;

/** Longest P-DATA-TF that we send, whatever the peer takes: longer ones are no faster. */
export const MAX_SEND_LENGTH = 256 * 1024;
/** Bytes of a batch at least: a slice of 512x512 pixels with its header is one. */
export const BATCH = 576 * 1024;
/** With room for a command, which is short. */
const CAPACITY = BATCH + 4096;

const HEADERS = PDU_HEADER + PDV_HEADER;

/** P-DATA-TF PDUs with one fragment each, one after the other, to be given to a socket at once. */
export class PduBatch {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #payload = 0;
  #filled = 0;
  #open = 0;
  #last = 0;

  /** Empties it, for fragments of at most `payload` bytes. */
  start(payload: number): void {
    this.#payload = payload;
    this.#filled = 0;
    this.#open = 0;
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(CAPACITY);
  }

  /** The PDUs that are complete. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#filled);
  }

  /** There is room for another fragment of `length` bytes; of any length. */
  hasRoom(length = this.#payload): boolean {
    return this.#filled + HEADERS + length <= this.#buffer.length;
  }

  /** Nothing has been put into it. */
  get isEmpty(): boolean {
    return this.#filled + this.#open === 0;
  }

  /** There is something in the open fragment. */
  get isOpen(): boolean {
    return this.#open > 0;
  }

  /** The open fragment is as long as it may be. */
  get isFull(): boolean {
    return this.#open === this.#payload;
  }

  /**
   * What the open fragment has room for; bytes may be put there before they are taken. Whoever does that may detach it,
   * so that it is no place for others' data.
   */
  get space(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#end, this.#end + this.#payload - this.#open);
  }

  /** Continues the open fragment by as many bytes as it has room for, and tells how many that are. */
  take(bytes: Uint8Array<ArrayBuffer>): number {
    if (this.#buffer.length === 0) {
      const isOurs = bytes.buffer.byteLength === CAPACITY;
      this.#buffer = new Uint8Array(isOurs ? bytes.buffer : new ArrayBuffer(CAPACITY));
    }
    const length = Math.min(this.#payload - this.#open, bytes.length);
    const isThere = bytes.buffer === this.#buffer.buffer && bytes.byteOffset === this.#end;
    if (!isThere) this.#buffer.set(bytes.subarray(0, length), this.#end);
    this.#open += length;
    return length;
  }

  /**
   * Makes a PDU of the open fragment.
   *
   * @throws `RangeError` for an odd length, which only the last of a dataset can have, unless `padOdd`
   */
  close(contextId: number, control: number, padOdd = false): void {
    if (this.#open % 2 !== 0) {
      if (!padOdd) throw new RangeError("The dataset has an odd length");
      this.#buffer[this.#end] = 0;
      this.#open++;
    }
    const view = new DataView(this.#buffer.buffer, this.#filled);
    view.setUint16(0, 0x0400);
    view.setUint32(2, this.#open + PDV_HEADER);
    view.setUint32(6, this.#open + 2);
    view.setUint8(10, contextId);
    view.setUint8(11, control);
    this.#last = this.#filled;
    this.#filled = this.#end;
    this.#open = 0;
  }

  /** The fragment that was closed last is the last of its message. */
  markLast(): void {
    this.#buffer[this.#last + HEADERS - 1]! |= LAST;
  }

  /** Adds PDUs for `bytes` from `at` while there is room, and tells how far it came. */
  add(
    contextId: number,
    kind: number,
    bytes: Uint8Array<ArrayBuffer>,
    padOdd: boolean,
    at = 0,
  ): number {
    do {
      at += this.take(at === 0 ? bytes : bytes.subarray(at));
      this.close(contextId, at === bytes.length ? kind | LAST : kind, padOdd);
    } while (at < bytes.length && this.hasRoom(Math.min(this.#payload, bytes.length - at + 1)));
    return at;
  }

  get #end(): number {
    return this.#filled + HEADERS + this.#open;
  }
}
