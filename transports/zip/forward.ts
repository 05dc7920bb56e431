/**
 * Parts of an archive, from its beginning on: what lies between them is read over where it is short.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { type ChunkReader, readerOf } from "../../vfs/bytes/bytes.ts";
import type { InnerFile } from "../archive/inner_file.ts";

/** Reading so many bytes for nothing takes no longer than asking anew. */
const NEAR = 2 ** 20;

/** Reads parts of a file, each after the one before. */
export class Forward {
  readonly #file: InnerFile;
  readonly #end: number;
  readonly #ask: Ask;
  #reader: ChunkReader | undefined;
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Where in the file the chunk begins. */
  #at = 0;

  /** Nothing is read from `end` on. */
  constructor(file: InnerFile, end: number, ask: Ask) {
    this.#file = file;
    this.#end = end;
    this.#ask = ask;
  }

  /** The bytes from `start` to before `end`. */
  async *part(start: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    if (start >= end) return;
    if (!this.#reader || start - this.#at > NEAR + this.#chunk.length) await this.#begin(start);
    for (let at = start; at < end;) {
      const [chunk, from] = [this.#chunk, at - this.#at];
      if (from < chunk.length) {
        const isWhole = from === 0 && end - at >= chunk.length;
        const bytes = isWhole ? chunk : chunk.slice(from, end - this.#at);
        at += bytes.length;
        if (isWhole) this.#take(new Uint8Array());
        yield bytes;
        continue;
      }
      const next = await this.#reader!.read();
      // The transport's layers see to it that a body is whole.
      if (!next) return;
      this.#take(next);
    }
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  /** Goes on with the next chunk. */
  #take(next: Uint8Array<ArrayBuffer>): void {
    this.#at += this.#chunk.length;
    this.#chunk = next;
  }

  async #begin(start: number): Promise<void> {
    await this.close();
    this.#chunk = new Uint8Array();
    this.#at = start;
    this.#reader = readerOf((await this.#file.open({ start, end: this.#end }, this.#ask)).body);
  }
}
