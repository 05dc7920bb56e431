/**
 * A queue with back-pressure.
 *
 * @module
 */

/** Items from a producer that waits while too many of them are not taken yet. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #limit: number;
  #items: (() => T)[] = [];
  #isEnded = false;
  #isDiscarding = false;
  #error: unknown;
  #wakeConsumer: () => void = () => {};
  #wakeProducer: () => void = () => {};

  /** Holds `limit` items. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds an item, made when the consumer comes to it; settles when there is room for another. */
  push(item: () => T): Promise<void> | void {
    if (this.#isDiscarding) return;
    this.#items.push(item);
    this.#wakeConsumer();
    if (this.#items.length < this.#limit) return;
    return new Promise((resolve) => this.#wakeProducer = resolve);
  }

  /** No more items come; the consumer gets `error` after those that are there. */
  end(error?: unknown): void {
    this.#isEnded = true;
    this.#error = error;
    this.#wakeConsumer();
  }

  /** Drops all items, also those to come. */
  discard(): void {
    this.#isDiscarding = true;
    this.#items = [];
    this.#wakeProducer();
  }

  /** Takes items until the end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    while (true) {
      const items = this.#items;
      this.#items = [];
      this.#wakeProducer();
      for (const make of items) yield make();
      if (this.#items.length > 0) continue;
      if (this.#isEnded) {
        if (this.#error !== undefined) throw this.#error;
        return;
      }
      await new Promise<void>((resolve) => this.#wakeConsumer = resolve);
    }
  }
}
