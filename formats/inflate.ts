import type { ByteSource } from "./byte_source.ts";
import { FormatError } from "./errors.ts";

// The platform inflates each input chunk at one go, at up to 1032:1. Small
// input chunks keep one output chunk near 1 MB whatever the file says.
const INPUT_CHUNK = 1024;
const INPUT_READ = 16 * 1024;

/**
 * A compressed stream inside `source`, read as if it were inflated: forward
 * only, bounded, and closed by its user.
 */
export class InflateSource implements ByteSource {
  /** What the decompressor complained about; reads end there. */
  failure?: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #maxBytes: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #chunkStart = 0;
  #ended = false;

  /**
   * Inflates what lies from byte `start` of `source` on, to `maxBytes` of
   * output at most.
   */
  constructor(
    source: ByteSource,
    start: number,
    format: CompressionFormat,
    maxBytes: number,
  ) {
    this.#maxBytes = maxBytes;
    this.#reader = compressedStream(source, start)
      .pipeThrough(new DecompressionStream(format)).getReader();
  }

  /**
   * Reads a range of the inflated stream, not before what was read last.
   *
   * @throws {FormatError} `LimitExceeded` when the range needs more output
   * than allowed; `NotSupported` for a step back.
   */
  async read(start: number, end: number): Promise<Uint8Array> {
    if (start < this.#chunkStart) {
      throw new FormatError(
        "NotSupported",
        "An inflated stream can only be read forward",
        start,
      );
    }
    const parts: Uint8Array[] = [];
    let at = start;
    while (at < end) {
      const chunkEnd = this.#chunkStart + this.#chunk.length;
      if (at < chunkEnd) {
        const part = this.#chunk.subarray(
          at - this.#chunkStart,
          end - this.#chunkStart,
        );
        parts.push(part);
        at += part.length;
      } else if (!await this.#next(chunkEnd)) break;
    }
    return concat(parts);
  }

  async #next(chunkEnd: number): Promise<boolean> {
    if (this.#ended) return false;
    if (chunkEnd >= this.#maxBytes) {
      throw new FormatError(
        "LimitExceeded",
        `Inflated data exceeds ${this.#maxBytes} bytes`,
        chunkEnd,
      );
    }
    let chunk: Uint8Array | undefined;
    try {
      chunk = (await this.#reader.read()).value;
    } catch (error) {
      // A failing source is not the file's fault: its error passes through.
      if (!(error instanceof TypeError)) throw error;
      this.failure = error.message;
    }
    this.#ended = chunk === undefined;
    this.#chunkStart = chunkEnd;
    this.#chunk = chunk ?? new Uint8Array(0);
    return chunk !== undefined;
  }

  /** Frees the decompressor; safe to call twice. */
  async close(): Promise<void> {
    this.#ended = true;
    // A stream that failed rejects its cancellation with the same failure.
    await this.#reader.cancel().catch(() => {});
  }
}

function compressedStream(
  source: ByteSource,
  start: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = start;
  let buffer = new Uint8Array(0);
  return new ReadableStream({
    async pull(controller): Promise<void> {
      if (buffer.length === 0) {
        buffer = new Uint8Array(await source.read(at, at + INPUT_READ));
        at += buffer.length;
      }
      if (buffer.length === 0) return controller.close();
      controller.enqueue(buffer.subarray(0, INPUT_CHUNK));
      buffer = buffer.subarray(INPUT_CHUNK);
    },
  }, { highWaterMark: 0 });
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
