/**
 * The bytes of a tar: as they are, or inflated on the way.
 *
 * @module
 */

import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Ask } from "../../vfs/ask.ts";
import { type Bytes, type ChunkReader, concat, readerOf } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Extent } from "../../vfs/bytes/range.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import { damaged } from "../archive/damage.ts";
import type { InnerFile } from "../archive/inner_file.ts";

/** A tar, gone through from its beginning to its end. */
export interface TarSource {
  /** How far it has come. */
  readonly at: number;
  /** Reads `length` bytes from `at` on, which never goes back; fewer only at the end. */
  read(at: number, length: number, ask: Ask): Promise<Uint8Array<ArrayBuffer>>;
  /** Throws when the tar ends before `at`. @throws `Corrupt` */
  checkEnd(at: number, ask: Ask): Promise<void>;
  /** Goes through what follows the last member, where that tells whether all was right. @throws `Corrupt` */
  finish(ask: Ask): Promise<void>;
  /** Ends reading. */
  close(): Promise<void>;
}

/** What lies between two headers is read over up to here, and left out by a new request beyond. */
const NEAR = 256 * 1024;

/** Goes through a plain tar by ranges. */
export function plainSource(file: InnerFile): TarSource {
  const { size } = file.version;
  let reader: Window | undefined;
  return {
    get at() {
      return reader?.at ?? 0;
    },
    async read(at, length, ask) {
      if (reader === undefined || at - reader.at > NEAR) {
        await reader?.close();
        if (at >= size) return new Uint8Array();
        reader = new Window(readerOf((await file.open({ start: at }, ask)).body), at);
      }
      return await reader.read(at, length);
    },
    checkEnd(at, ask) {
      // The padding after the last member may be missing.
      if (at <= Math.ceil(size / 512) * 512) return Promise.resolve();
      return Promise.reject(damaged(ask, "it breaks off"));
    },
    finish: () => Promise.resolve(),
    close: () => reader?.close() ?? Promise.resolve(),
  };
}

/** Goes through a gzipped tar; what precedes is inflated again by each reader. */
export async function gzipSource(
  file: InnerFile,
  maxBytes: number,
  ask: Ask,
): Promise<TarSource> {
  const window = new Window(await inflated(file, ask), 0);
  const checkTotal = (total: number, { op, url }: Ask) => {
    if (total <= maxBytes) return;
    const reason = `the tar inflates to more than the ${maxBytes} bytes that are allowed`;
    throw new VfsError("NotSupported", { op, url, reason });
  };
  return {
    get at() {
      return window.at;
    },
    async read(at, length, asked) {
      checkTotal(at + length, asked);
      return await window.read(at, length);
    },
    // Whether it is there shows when the next header is read.
    checkEnd: () => Promise.resolve(),
    async finish(asked) {
      while (await window.next(window.at, NEAR) !== undefined) checkTotal(window.at, asked);
    },
    close: () => window.close(),
  };
}

/** A file in a tar. */
interface Stored {
  readonly offset: number;
  readonly size?: number;
}

/** The bytes of files, in the order in which they lie. @throws `Corrupt` */
export async function* contentsOf<F extends Stored>(
  begin: () => Promise<TarSource>,
  files: readonly F[],
  ask: Ask,
): AsyncGenerator<readonly [F, Uint8Array<ArrayBuffer>]> {
  const source = await begin();
  try {
    for (const file of files.toSorted((a, b) => a.offset - b.offset)) {
      const { offset, size = 0 } = file;
      const bytes = size > 0 ? await source.read(offset, size, ask) : new Uint8Array();
      if (bytes.length < size) throw damaged(ask, "it breaks off");
      // Others may lie in the same memory.
      yield [file, bytes.length < bytes.buffer.byteLength ? bytes.slice() : bytes];
    }
  } finally {
    await source.close();
  }
}

/** A part of a plain tar. */
export async function readPlain(
  file: InnerFile,
  { start, end }: Extent,
  ask: Ask,
): Promise<Bytes> {
  if (start === end) return new Uint8Array();
  return (await file.open({ start, end }, ask)).body;
}

/** A part of a gzipped tar. */
export async function readGzip(
  file: InnerFile,
  { start, end }: Extent,
  ask: Ask,
): Promise<Bytes> {
  const window = new Window(await inflated(file, ask), 0);
  let at = start;
  return {
    async read() {
      if (at >= end) return undefined;
      const chunk = await window.next(at, end - at);
      if (chunk === undefined) throw damaged(ask, "it breaks off");
      at += chunk.length;
      if (at >= end) await window.close();
      return chunk;
    },
    close: () => window.close(),
  };
}

/** Bytes of a reader by position, forward only. */
class Window {
  /** Where the bytes kept begin. */
  at: number;
  readonly #reader: ChunkReader;
  #kept: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(reader: ChunkReader, at: number) {
    this.#reader = reader;
    this.at = at;
  }

  /** Some bytes from `at` on, at most `length`; `undefined` at the end. */
  async next(at: number, length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.at + this.#kept.length <= at) {
      const chunk = await this.#reader.read();
      if (chunk === undefined) return undefined;
      this.at += this.#kept.length;
      this.#kept = chunk;
    }
    const from = at - this.at;
    const taken = this.#kept.subarray(from, from + length);
    this.#kept = this.#kept.subarray(from + taken.length);
    this.at = at + taken.length;
    return taken;
  }

  /** The bytes from `at` on; fewer at the end. */
  async read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let count = 0;
    while (count < length) {
      const part = await this.next(at + count, length - count);
      if (part === undefined) break;
      parts.push(part);
      count += part.length;
    }
    return parts.length === 1 ? parts[0]! : concat(parts, count);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}

/** What the file inflates to; the checksums of gzip are compared (RFC 1952 §2.3.1). */
export async function inflated(file: InnerFile, ask: Ask): Promise<ChunkReader> {
  const packed = readerOf((await file.open(undefined, ask)).body);
  const gunzip = createGunzip();
  let failure: unknown;
  const feed = async function* () {
    try {
      for (let chunk = await packed.read(); chunk; chunk = await packed.read()) yield chunk;
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  const stream = pipeline(feed, gunzip, () => {});
  const chunks = stream[Symbol.asyncIterator]();
  return {
    async read() {
      try {
        const { value, done } = await orAborted(chunks.next(), ask.signal, ask.op, ask.url);
        return done ? undefined : new Uint8Array(value as Uint8Array);
      } catch (error) {
        if (ask.signal.aborted) throw error;
        throw failure ?? damaged(ask, "it cannot be inflated", error);
      }
    },
    async close(reason) {
      gunzip.destroy();
      await packed.close(reason);
    },
  };
}
