/**
 * MD5 of small uploads, in a thread of its own while there are many.
 *
 * @module
 */

import { type HashWorker, startHashWorker } from "../../vfs/bytes/hash_worker.ts";
import type { Extent } from "../../vfs/bytes/range.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";

/** So many bytes are hashed on the main thread first: then it is worth starting another. */
const MANY = 32 * 1024 * 1024;

/** So long the thread waits for the next upload: between two of them a copy reads files. */
const PAUSE_MS = 100;

/** What was hashed. */
export interface Hashed {
  /** The bytes, in the same memory or in other. */
  readonly memory: ArrayBuffer;
  /** The MD5 of each part, in lower-case hexadecimal. */
  readonly md5s: readonly string[];
}

/** Hashes small uploads. Its thread ends a moment after the last of them, or with it once this is disposed. */
export class UploadHashes implements Disposable {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #users = 0;
  #hashed = 0;
  #thread: Promise<HashWorker | undefined> | undefined;
  #isDisposed = false;
  #stay = () => {};

  /** With its thread ends what else is kept from upload to upload: `onEnd` lets go of that. */
  constructor(clock: Clock, onEnd = () => {}) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  /** An upload begins; it ends when what this gives is disposed. */
  begin(): Disposable {
    this.#stay();
    this.#users++;
    return { [Symbol.dispose]: () => this.#leave() };
  }

  /** There are no more uploads than those under way. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#stay();
    if (this.#users === 0) this.#end();
  }

  /** Hashes parts of `memory`, each by itself; all of it may go away and come back. */
  async md5sOf(memory: ArrayBuffer, parts: readonly Extent[]): Promise<Hashed> {
    this.#hashed += parts.reduce((sum, { start, end }) => sum + end - start, 0);
    if (this.#hashed >= MANY) this.#thread ??= startHashWorker(["md5"]);
    const thread = await this.#thread;
    if (thread) {
      const { memory: back, digests } = await thread.digestsOf(memory, parts);
      return { memory: back, md5s: digests.map(({ md5 }) => md5!) };
    }
    const { createHash } = await import("node:crypto");
    const md5s = parts.map(({ start, end }) =>
      createHash("md5").update(new Uint8Array(memory, start, end - start)).digest("hex")
    );
    return { memory, md5s };
  }

  #leave(): void {
    if (--this.#users > 0) return;
    if (this.#isDisposed) this.#end();
    else this.#stay = this.#clock.schedule(() => this.#end(), PAUSE_MS, true);
  }

  #end(): void {
    this.#hashed = 0;
    const thread = this.#thread;
    this.#thread = undefined;
    thread?.then((thread) => thread?.[Symbol.dispose]());
    this.#onEnd();
  }
}
