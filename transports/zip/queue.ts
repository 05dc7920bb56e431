/**
 * What waits to be done to an archive, in the order of its coming.
 *
 * @module
 */

import { toAborted } from "../../vfs/concurrency/signals.ts";
import type { PutBatch } from "../../vfs/transport.ts";
import { isBatched, type Item } from "./pending.ts";

/** Tells those who wait for it that something came, or that a batch has ended. */
export class Queue {
  #items: Item[] = [];
  readonly #batches = new WeakMap<PutBatch, { isEnded: boolean }>();
  #wake = () => {};

  /** What comes next, if anything. */
  get head(): Item | undefined {
    return this.#items[0];
  }

  /** How many wait. */
  get length(): number {
    return this.#items.length;
  }

  /** Takes the next one out. */
  shift(): Item | undefined {
    return this.#items.shift();
  }

  /** Adds one at the end. */
  push(item: Item): void {
    this.#items.push(item);
    if (isBatched(item) && !this.#batches.has(item.batch)) {
      const state = { isEnded: false };
      this.#batches.set(item.batch, state);
      item.batch.ended.then(() => {
        state.isEnded = true;
        this.#wake();
      });
    }
    this.#wake();
  }

  /** Puts back what was taken out. */
  unshift(items: readonly Item[]): void {
    this.#items = [...items, ...this.#items];
  }

  /** Takes out what was given up. */
  dropAborted(): void {
    const isAborted = ({ ask }: Item) => ask.signal.aborted;
    for (const { ask, done } of this.#items.filter(isAborted)) {
      done.reject(toAborted(ask.signal, ask.op, ask.url));
    }
    this.#items = this.#items.filter((item) => !isAborted(item));
  }

  /** Whether no more of a batch comes. */
  hasEnded(batch: PutBatch): boolean {
    return this.#batches.get(batch)?.isEnded ?? false;
  }

  /** Resolves when something comes or a batch ends; one may wait at a time. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
