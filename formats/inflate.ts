/**
 * Compressed streams, read as if they were not.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import { FormatError } from "./errors.ts";

// A chunk is inflated in one go, at up to 1032:1. Small ones keep what comes out near 1 MB.
const INPUT_CHUNK = 1024;
const INPUT_READ = 8 * 1024;

/** How bytes are compressed: RFC 1951 bare, in RFC 1950's frame, or in RFC 1952's. */
export type Compression = "deflate-raw" | "deflate" | "gzip";

/** The part of fflate's decompressors that is used. */
interface Decompressor {
  ondata?: ((chunk: Uint8Array<ArrayBuffer>, isFinal: boolean) => void) | null;
  push(chunk: Uint8Array, isFinal?: boolean): void;
}

/**
 * A compressed stream inside `source`, read as if it were inflated: forward only and bounded.
 *
 * By fflate: the platform's `DecompressionStream` takes the padding byte after a deflated dataset
 * (PS3.5 §A.5) for damage, and a stream that was cut for whole.
 */
export class InflateSource implements ByteSource {
  /** What the decompressor complained about; reads end there. */
  failure?: string;
  readonly #source: ByteSource;
  readonly #decompressor: Decompressor;
  readonly #maxBytes: number;
  #inputAt: number;
  #input: Uint8Array = new Uint8Array(0);
  #output: Uint8Array[] = [];
  #chunk: Uint8Array = new Uint8Array(0);
  #chunkStart = 0;
  #ended = false;

  private constructor(
    source: ByteSource,
    start: number,
    decompressor: Decompressor,
    maxBytes: number,
  ) {
    this.#source = source;
    this.#inputAt = start;
    this.#decompressor = decompressor;
    this.#maxBytes = maxBytes;
    decompressor.ondata = (chunk, isFinal) => {
      if (chunk.length > 0) this.#output.push(chunk);
      if (isFinal) this.#ended = true;
    };
  }

  /** Inflates what lies from byte `start` of `source` on, to `maxBytes` of output at most. */
  static async open(
    source: ByteSource,
    start: number,
    compression: Compression,
    maxBytes: number,
  ): Promise<InflateSource> {
    const { Gunzip, Inflate, Unzlib } = await import("fflate");
    const kinds = { "deflate-raw": Inflate, deflate: Unzlib, gzip: Gunzip };
    return new InflateSource(source, start, new kinds[compression](), maxBytes);
  }

  /**
   * Reads a range of the inflated stream, not before what was read last.
   *
   * @throws {FormatError} `LimitExceeded` when the range needs more output
   * than allowed; `NotSupported` for a step back.
   */
  async read(start: number, end: number): Promise<Uint8Array> {
    if (start < this.#chunkStart) {
      throw new FormatError("NotSupported", "An inflated stream can only be read forward", start);
    }
    const parts: Uint8Array[] = [];
    let at = start;
    while (at < end) {
      const chunkEnd = this.#chunkStart + this.#chunk.length;
      if (at < chunkEnd) {
        const part = this.#chunk.subarray(at - this.#chunkStart, end - this.#chunkStart);
        parts.push(part);
        at += part.length;
      } else if (!await this.#next(chunkEnd)) break;
    }
    return concat(parts);
  }

  async #next(chunkEnd: number): Promise<boolean> {
    if (chunkEnd >= this.#maxBytes) {
      throw new FormatError(
        "LimitExceeded",
        `Inflated data exceeds ${this.#maxBytes} bytes`,
        chunkEnd,
      );
    }
    while (this.#output.length === 0 && !this.#ended) await this.#inflateMore();
    const chunk = this.#output.shift();
    this.#chunkStart = chunkEnd;
    this.#chunk = chunk ?? new Uint8Array(0);
    return chunk !== undefined;
  }

  async #inflateMore(): Promise<void> {
    if (this.#input.length === 0) {
      this.#input = await this.#source.read(this.#inputAt, this.#inputAt + INPUT_READ);
      this.#inputAt += this.#input.length;
    }
    const piece = this.#input.subarray(0, INPUT_CHUNK);
    this.#input = this.#input.subarray(piece.length);
    try {
      this.#decompressor.push(piece, piece.length === 0);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      this.#ended = true;
    }
  }
}

/** Joins `parts`; a single part is returned as it is. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
