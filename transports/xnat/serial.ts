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

  /** Runs `work` when all earlier work under `key`, or under any of several keys, has ended, however it ended. */
  async run<T>(key: string | readonly string[], ask: Ask, work: () => Promise<T>): Promise<T> {
    const keys = typeof key === "string" ? [key] : key;
    const before = Promise.all(keys.map((each) => this.#last.get(each)));
    let leave = () => {};
    const turn = new Promise<void>((resolve) => leave = resolve);
    const last = before.then(() => turn);
    for (const each of keys) this.#last.set(each, last);
    try {
      await orAborted(before, ask.signal, ask.op, ask.url);
      throwIfAborted(ask.signal, ask.op, ask.url);
      return await work();
    } finally {
      leave();
      for (const each of keys) if (this.#last.get(each) === last) this.#last.delete(each);
    }
  }
}
