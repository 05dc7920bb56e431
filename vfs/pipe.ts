/**
 * A pipe from whoever writes to whoever pulls.
 *
 * @module
 */

import type { ChunkReader } from "./bytes.ts";

/** One chunk at a time is handed over: a write resolves when the reader comes for more. */
export class Pipe implements ChunkReader {
  #chunk: Uint8Array<ArrayBuffer> | undefined;
  #ended = false;
  #error: unknown;
  #failed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Hands `chunk` over. Rejects with the reason when the reader has gone. */
  async write(chunk: Uint8Array): Promise<void> {
    this.#throwIfFailed();
    if (chunk.length === 0) return;
    this.#chunk = chunk.slice();
    this.#wakeReader?.();
    await new Promise<void>((resolve) => this.#wakeWriter = resolve);
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
    this.#wakeWriter?.();
  }

  /** The next chunk. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#wakeWriter?.();
    this.#wakeWriter = undefined;
    while (!this.#chunk && !this.#ended && !this.#failed) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    this.#throwIfFailed();
    const chunk = this.#chunk;
    this.#chunk = undefined;
    return chunk;
  }

  /** The reader goes; further writes fail. */
  close(reason?: unknown): Promise<void> {
    if (!this.#ended || this.#chunk) {
      this.fail(reason ?? new Error("the reader stopped"));
    }
    return Promise.resolve();
  }

  #throwIfFailed(): void {
    if (this.#failed) throw this.#error;
  }
}
