/**
 * Turns: work on one thing at a time.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { orAborted, throwIfAborted } from "../../vfs/concurrency/signals.ts";

/** Runs work of the same key one after the other, and of different keys side by side. */
export class Serial {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` when all earlier work under `key` has ended, however it ended. */
  async run<T>(key: string, ask: Ask, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    let leave = () => {};
    const turn = new Promise<void>((resolve) => leave = resolve);
    const last = before.then(() => turn);
    this.#last.set(key, last);
    try {
      await orAborted(before, ask.signal, ask.op, ask.url);
      throwIfAborted(ask.signal, ask.op, ask.url);
      return await work();
    } finally {
      leave();
      if (this.#last.get(key) === last) this.#last.delete(key);
    }
  }
}
