/**
 * The head of a stream: looked at, and sent all the same.
 *
 * @module
 */

import { type ByteSource, FormatError } from "../../formats/mod.ts";
import { type ChunkReader, concat } from "../../vfs/bytes/bytes.ts";

/** Most that is kept of the start of a stream, in bytes. */
const MAX_HEAD = 16 * 1024 * 1024;
/** Bytes that are asked for at once while the start is read: enough for most headers. */
const LOOK = 64 * 1024;

/** The start of a stream read as a file, and then all of it as a stream again: what was looked at is kept. */
export class StreamHead implements ByteSource {
  /** Bytes in the stream, when known. */
  readonly size: number | undefined;
  readonly #reader: ChunkReader;
  #head: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #isEnded = false;

  /** Takes the reader over. */
  constructor(reader: ChunkReader, size?: number) {
    this.#reader = reader;
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
      const chunk = await this.#reader.read(new Uint8Array(LOOK));
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

  /** The stream from byte `offset` on, which must have been read up to. */
  from(offset: number): ChunkReader {
    let head: Uint8Array<ArrayBuffer> | undefined = this.#head.subarray(offset);
    this.#head = new Uint8Array(0);
    return {
      read: (into) => {
        const first = head;
        head = undefined;
        return first?.length ? Promise.resolve(first) : this.#reader.read(into);
      },
      close: (reason) => this.#reader.close(reason),
    };
  }

  /** Ends reading. Idempotent. */
  close(): Promise<void> {
    return this.#reader.close();
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
