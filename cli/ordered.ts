/**
 * Work on many things at once whose results come in order.
 *
 * @module
 */

/**
 * Gives every item with the result of `work` on it, in the order of `items`, while work on the next ones goes on:
 * `concurrency` at once, so memory is bounded. The first failure ends it.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<readonly [T, R]> {
  const queue: Promise<readonly [T, R]>[] = [];
  try {
    for await (const item of items) {
      const result = work(item).then((value) => [item, value] as const);
      // It is awaited when its turn comes; until then its failure must not count as unhandled.
      result.catch(() => {});
      queue.push(result);
      if (queue.length >= concurrency) yield await queue.shift()!;
    }
    while (queue.length > 0) yield await queue.shift()!;
  } finally {
    await Promise.allSettled(queue);
  }
}
