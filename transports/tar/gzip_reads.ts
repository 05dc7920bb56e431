/**
 * Reads of files in a gzipped tar, each of which would inflate it from its beginning.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Bytes, ChunkReader } from "../../vfs/bytes/bytes.ts";
import type { Extent } from "../../vfs/bytes/range.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { Shared } from "../archive/shared.ts";
import { Unpacked } from "./unpacked.ts";

/** What there is to read. */
export interface GzipContent {
  /** Bytes of the tar once it is inflated. */
  readonly total: number;
  /** Begins to inflate. */
  readonly inflate: (ask: Ask) => Promise<ChunkReader>;
  /** Reads a part, inflating all before it. */
  readonly read: (extent: Extent, ask: Ask) => Promise<Bytes>;
}

/**
 * Inflates from the beginning for whoever asks first. Once that was as much as the whole, all of it is inflated into a
 * temporary file, and read from there: so no number of reads inflates more than twice the whole, but for those that
 * were under way.
 */
export class GzipReads {
  readonly #content: GzipContent;
  readonly #mostBytes: number;
  #inflated = 0;
  #isClosed = false;
  #unpacking: Shared<Unpacked | undefined> | undefined;

  /** Keeps no more than `mostBytes` in a temporary file. */
  constructor(content: GzipContent, mostBytes: number) {
    this.#content = content;
    this.#mostBytes = mostBytes;
  }

  /** The bytes of a part. */
  async read(extent: Extent, ask: Ask): Promise<Bytes> {
    if (extent.start === extent.end) return new Uint8Array();
    const { total, inflate, read } = this.#content;
    this.#inflated += extent.end;
    const isCheap = this.#inflated <= total || total > this.#mostBytes || this.#isClosed;
    if (isCheap) return await read(extent, ask);
    if (!this.#unpacking || this.#unpacking.isStopped) {
      this.#unpacking = new Shared(async (signal) => {
        const content = await inflate({ ...ask, signal });
        try {
          const unpacked = await Unpacked.from(content);
          // It may have come to its end all the same, and nobody will ask for it.
          if (signal.aborted) unpacked?.close();
          throwIfAborted(signal, ask.op, ask.url);
          return unpacked;
        } finally {
          await content.close();
        }
      });
    }
    const unpacked = await this.#unpacking.wait(ask).catch((error) => {
      if (!this.#isClosed || ask.signal.aborted) throw error;
    });
    return unpacked && !this.#isClosed ? unpacked.open(extent) : await read(extent, ask);
  }

  /** Frees what it keeps; whoever reads that goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unpacking?.stop();
    await this.#unpacking?.settled((unpacked) => unpacked?.close());
  }
}
