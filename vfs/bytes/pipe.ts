/**
 * A pipe from whoever writes to whoever pulls.
 *
 * @module
 */

import type { ChunkReader } from "./bytes.ts";

interface Handed {
  readonly chunk: Uint8Array<ArrayBuffer>;
  /** Lets its writer go on. */
  readonly release: () => void;
}

/** Chunks are handed over one by one, in order: a write resolves when the reader comes for more. */
export class Pipe implements ChunkReader {
  readonly #queue: Handed[] = [];
  #taken: Handed | undefined;
  #ended = false;
  #error: unknown;
  #failed = false;
  #wakeReader: (() => void) | undefined;

  /** Hands `chunk` over. Rejects with the reason when the reader has gone. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#throwIfFailed();
    if (this.#ended) throw new Error("nothing can be written after the end");
    if (chunk.length === 0) return;
    const copy = chunk.slice();
    await new Promise<void>((release) => {
      this.#queue.push({ chunk: copy, release });
      this.#wakeReader?.();
    });
    this.#throwIfFailed();
  }

  /** Nothing more will be written. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** Makes both sides fail with `error`. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#wakeReader?.();
    this.#taken?.release();
    for (const { release } of this.#queue) release();
  }

  /** The next chunk. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#taken?.release();
    while (this.#queue.length === 0 && !this.#ended && !this.#failed) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    this.#throwIfFailed();
    this.#taken = this.#queue.shift();
    return this.#taken?.chunk;
  }

  /** The reader goes; further writes fail. */
  close(reason?: unknown): Promise<void> {
    this.#taken?.release();
    if (!this.#ended || this.#queue.length > 0) {
      this.fail(reason ?? new Error("the reader stopped"));
    }
    return Promise.resolve();
  }

  #throwIfFailed(): void {
    if (this.#failed) throw this.#error;
  }
}
