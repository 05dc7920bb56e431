/**
 * Content made ready to be sent: its size known, its digest taken on the way.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import {
  type Bytes,
  type ChunkReader,
  collect,
  memoryOf,
  readerOf,
  type Source,
} from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted, throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { md5sOf } from "../../vfs/bytes/md5_many.ts";
import { type StreamDigester, streamDigester } from "../../vfs/bytes/stream_digest.ts";
import { SizedBlob } from "./sized_blob.ts";
import { spool } from "./spool.ts";

/** Content up to this size is read before anything is sent: a source that breaks then harms nothing. */
export const IN_MEMORY = 4 * 1024 * 1024;

/** Bytes of larger content that are read at once. */
const CHUNK = 256 * 1024;

/** Content on its way. */
export interface Upload extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** It can be sent again. */
  readonly replayable: boolean;
  /** Starts from the first byte. */
  open(): Promise<Bytes>;
  /** The body of a request, from the first byte each time. */
  body(): Uint8Array<ArrayBuffer> | Blob;
  /** MD5 of what was sent, in lower-case hexadecimal; `undefined` until all of it was. */
  md5(): string | undefined;
  /** What broke the source while it was sent. */
  failure(): unknown;
}

/**
 * Makes `source` ready; with `keep` it can be sent again in any case.
 *
 * @throws `Incomplete` when it gives another number of bytes than it told
 */
export async function prepare(
  source: Source,
  keep: boolean,
  ask: Ask,
): Promise<Upload> {
  const { size } = source;
  if (size === undefined || (keep && size > IN_MEMORY && !source.replayable)) {
    const spooled = await spool(source, IN_MEMORY, ask, ask.signal);
    try {
      checkSize(spooled.source.size, size ?? spooled.source.size, ask);
      return await ready(spooled.source, spooled.source.size, ask, spooled);
    } catch (error) {
      await spooled[Symbol.asyncDispose]();
      throw error;
    }
  }
  return await ready(source, size, ask);
}

async function ready(
  source: Source,
  size: number,
  ask: Ask,
  kept?: AsyncDisposable,
): Promise<Upload> {
  if (size > IN_MEMORY) return new Streamed(source, size, ask, kept);
  const given = await orAborted(collect(source.open()), ask.signal, ask.op, ask.url);
  checkSize(given.length, size, ask);
  // The caller may change his array while it is being sent.
  const bytes = given.slice();
  const [md5] = await md5sOf([bytes]);
  return {
    size,
    replayable: true,
    open: () => Promise.resolve(bytes),
    body: () => bytes,
    md5: () => md5,
    failure: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Content that is read as it is sent. */
class Streamed implements Upload {
  readonly size: number;
  readonly replayable: boolean;
  readonly #source: Source;
  readonly #ask: Ask;
  readonly #kept: AsyncDisposable | undefined;
  /** Readers that are open, and what hashes them. */
  readonly #open = new Map<ChunkReader, StreamDigester>();
  #md5: string | undefined;
  #failure: unknown;

  constructor(source: Source, size: number, ask: Ask, kept?: AsyncDisposable) {
    this.size = size;
    this.replayable = source.replayable;
    this.#source = source;
    this.#ask = ask;
    this.#kept = kept;
  }

  async open(): Promise<ChunkReader> {
    const content = readerOf(await this.#source.open());
    const digest = (await streamDigester(["md5"], this.size))!;
    const reader = filled(digest.reading(content, this.size));
    this.#open.set(reader, digest);
    let sent = 0;
    return {
      read: async () => {
        // A stream comes for more once the last chunk waits to be sent, and must not break for that.
        if (sent === this.size) return undefined;
        try {
          const chunk = await this.#read(reader, sent, digest);
          sent += chunk?.length ?? 0;
          return chunk;
        } catch (error) {
          // A source that was closed, since the server went away, has not failed.
          if (this.#open.has(reader)) this.#failure ??= error;
          throw error;
        }
      },
      close: (reason) => this.#close(reader, reason),
    };
  }

  body(): Blob {
    return new SizedBlob(this.size, () => {
      const opening = this.open().catch((error) => {
        this.#failure ??= error;
        throw error;
      });
      return new ReadableStream({
        async pull(controller) {
          const reader = await opening;
          const chunk = await reader.read();
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: async (reason) => await (await opening).close(reason),
        // Reading ahead a little lets the digest be taken while the network is busy.
      }, { highWaterMark: 2 });
    });
  }

  md5(): string | undefined {
    return this.#md5;
  }

  failure(): unknown {
    return this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of [...this.#open.keys()]) await this.#close(reader);
    await this.#kept?.[Symbol.asyncDispose]();
  }

  async #read(
    reader: ChunkReader,
    sent: number,
    digest: StreamDigester,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { signal, op, url } = this.#ask;
    const next = async () => {
      // The network may ask once more after the put has ended, and then nobody reads.
      throwIfAborted(signal, op, url);
      return this.#open.has(reader) ? await orAborted(reader.read(), signal, op, url) : undefined;
    };
    const chunk = sent < this.size ? await next() : undefined;
    const total = sent + (chunk?.length ?? 0);
    // Nobody asks for more once the length is reached, so the end is looked for before.
    const more = total >= this.size ? await next() : undefined;
    if (!chunk || total >= this.size) checkSize(total + (more?.length ?? 0), this.size, this.#ask);
    if (total === this.size) {
      this.#md5 = (await digest.digests()).md5;
      await this.#close(reader);
    }
    return chunk;
  }

  async #close(reader: ChunkReader, reason?: unknown): Promise<void> {
    this.#open.get(reader)?.[Symbol.dispose]();
    if (this.#open.delete(reader)) await reader.close(reason);
  }
}

/** The same, with memory for each chunk, as far as it is of use. */
function filled(reader: ChunkReader): ChunkReader {
  let memory: Uint8Array<ArrayBuffer> | undefined;
  return {
    async read() {
      const into = memory ?? new Uint8Array(CHUNK);
      const chunk = await reader.read(into);
      memory = chunk && memoryOf(chunk, into) ? undefined : into;
      return chunk;
    },
    close: (reason) => reader.close(reason),
  };
}

function checkSize(actual: number, told: number, { op, url }: Ask): void {
  if (actual === told) return;
  const reason = `the source gave ${actual} bytes of ${told}`;
  throw new VfsError("Incomplete", { op, url, reason });
}
