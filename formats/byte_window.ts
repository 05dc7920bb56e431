/**
 * The part of a file that is in memory while it is parsed.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import { FormatError } from "./errors.ts";
import { concat } from "./inflate.ts";

/** Size of a first read in bytes: most DICOM headers fit. */
export const FIRST_READ: number = 8 * 1024;
const LARGEST_READ = 1024 * 1024;

/**
 * The part of a source that is in memory, moved forward as a parser asks.
 *
 * Reads double in size while the parser goes on without gaps and start small
 * again behind a gap, so that a skipped value is never read.
 */
export class ByteWindow {
  /** The bytes in memory. */
  bytes: Uint8Array;
  /** A view on `bytes`. */
  view: DataView;
  /** Position in the file of `bytes[0]`. */
  start = 0;
  /** Position in the file after the last byte in memory. */
  end: number;
  /** Length of the file, `Infinity` as long as it is unknown. */
  eof: number;
  /** The source read so far, in bytes. */
  bytesRead = 0;
  readonly #source: ByteSource | undefined;
  readonly #maxBytes: number;
  #nextRead = FIRST_READ;

  /** A window on `source` that reads `maxBytes` at most, or on bytes in memory. */
  constructor(source: ByteSource | Uint8Array, maxBytes: number) {
    const inMemory = source instanceof Uint8Array;
    this.bytes = inMemory ? source : new Uint8Array(0);
    this.view = viewOf(this.bytes);
    this.end = this.bytes.length;
    this.eof = inMemory ? source.length : source.size ?? Infinity;
    this.#source = inMemory ? undefined : source;
    this.#maxBytes = maxBytes;
  }

  /**
   * Brings `start` to `end` into memory, as far as the file goes.
   *
   * @throws {FormatError} `LimitExceeded` past the limit on bytes read.
   */
  async load(start: number, end: number): Promise<void> {
    if (!this.#source || (start >= this.start && end <= this.end)) return;
    const gap = start < this.start || start > this.end;
    if (gap) this.#nextRead = FIRST_READ;
    const from = gap ? start : this.end;
    const left = this.#maxBytes - this.bytesRead;
    const to = Math.min(
      this.eof,
      Math.max(end, from + Math.min(left, this.#nextRead)),
    );
    if (Math.min(end, to) - from > left) {
      throw new FormatError(
        "LimitExceeded",
        `Header exceeds ${this.#maxBytes} bytes`,
        start,
      );
    }
    const fresh = to > from ? await this.#source.read(from, to) : new Uint8Array(0);
    this.bytesRead += fresh.length;
    if (fresh.length < to - from) this.eof = from + fresh.length;
    this.#nextRead = Math.min(this.#nextRead * 2, LARGEST_READ);
    const kept = gap ? new Uint8Array(0) : this.bytes.subarray(start - this.start);
    this.bytes = kept.length ? concat([kept, fresh]) : fresh;
    this.view = viewOf(this.bytes);
    this.start = start;
    this.end = start + this.bytes.length;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
