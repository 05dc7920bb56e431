/**
 * The head of a stream: looked at, and sent all the same.
 *
 * @module
 */

import { type ByteSource, FormatError } from "../../formats/mod.ts";
import { type Bytes, type ChunkReader, concat, memoryOf } from "../../vfs/bytes/bytes.ts";

/** Most that is kept of the start of a stream, in bytes. */
const MAX_HEAD = 16 * 1024 * 1024;
/** Bytes that are asked for at once while the start is read: enough for most headers. */
const LOOK = 64 * 1024;

/** The start of a stream read as a file, and then all of it as a stream again: what was looked at is kept. */
export class StreamHead implements ByteSource {
  /** Bytes in the stream, when known. */
  readonly size: number | undefined;
  readonly #reader: ChunkReader | undefined;
  readonly #lent: Uint8Array<ArrayBuffer>[];
  #look: Uint8Array<ArrayBuffer> | undefined;
  #head: Uint8Array<ArrayBuffer>;
  #isEnded: boolean;

  /** Takes a reader over; its start is read into memory out of `lent`, if there is some. */
  constructor(bytes: Bytes, size?: number, lent: Uint8Array<ArrayBuffer>[] = []) {
    const isWhole = bytes instanceof Uint8Array;
    this.#reader = isWhole ? undefined : bytes;
    this.#head = isWhole ? bytes : new Uint8Array(0);
    this.#isEnded = isWhole;
    this.#lent = lent;
    this.size = size;
  }

  /** Reads a part, keeping all that comes before. @throws {FormatError} `LimitExceeded` */
  async read(start: number, end: number): Promise<Uint8Array> {
    if (end > MAX_HEAD) {
      throw new FormatError("LimitExceeded", `Header exceeds ${MAX_HEAD} bytes`, start);
    }
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let length = this.#head.length;
    while (length < end && !this.#isEnded) {
      const chunk = await this.#next();
      if (chunk) {
        chunks.push(chunk);
        length += chunk.length;
      } else this.#isEnded = true;
    }
    if (chunks.length > 0) {
      this.#head = this.#head.length === 0 && chunks.length === 1
        ? chunks[0]!
        : concat([this.#head, ...chunks], length);
    }
    return this.#head.subarray(start, end);
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const isFirst = this.#look === undefined;
    const into = isFirst && this.#lent.pop() || new Uint8Array(LOOK);
    const chunk = await this.#reader?.read(into);
    if (isFirst) this.#look = chunk ? memoryOf(chunk, into) : into;
    return chunk;
  }

  /** From byte `offset` on, which must have been read up to: all that is left where it is in memory. */
  from(offset: number): Bytes {
    let head: Uint8Array<ArrayBuffer> | undefined = this.#head.subarray(offset);
    const reader = this.#reader;
    this.#head = new Uint8Array(0);
    if (!reader) return head;
    return {
      read: (into) => {
        const first = head;
        head = undefined;
        return first?.length ? Promise.resolve(first) : reader.read(into);
      },
      close: (reason) => reader.close(reason),
    };
  }

  /** Gives memory back once nobody reads any more, neither the stream nor what was found in its start. */
  giveBack(): void {
    if (this.#look) this.#lent.push(this.#look);
    this.#look = undefined;
  }

  /** Ends reading. Idempotent. */
  async close(): Promise<void> {
    await this.#reader?.close();
  }
}

/** A stream read as a file, forward only: nothing is kept. */
export function forwardSource(reader: ChunkReader): ByteSource {
  let chunk: Uint8Array = new Uint8Array(0);
  let at = 0;
  return {
    async read(start, end) {
      const parts: Uint8Array[] = [];
      let length = 0;
      while (at < end) {
        if (chunk.length === 0) {
          const next = await reader.read();
          if (!next) break;
          chunk = next;
        }
        const skipped = Math.min(chunk.length, Math.max(0, start - at));
        const part = chunk.subarray(skipped, skipped + end - Math.max(at, start));
        parts.push(part);
        length += part.length;
        at += skipped + part.length;
        chunk = chunk.subarray(skipped + part.length);
      }
      return parts.length === 1 ? parts[0]! : concat(parts, length);
    },
  };
}
