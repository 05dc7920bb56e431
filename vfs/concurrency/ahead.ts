/**
 * Work that is begun before its turn.
 *
 * @module
 */

/**
 * Gives what `work` makes of each of `items`, in their order, with up to `count` more of them under way. When the items end
 * with an error, what was begun is given first.
 */
export async function* ahead<T, U>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<U>,
  count: number,
): AsyncGenerator<U> {
  const begun: Promise<U>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // It is awaited in its turn, unless nobody comes for it.
      result.catch(() => {});
      begun.push(result);
      if (begun.length > count) yield await begun.shift()!;
    }
  } catch (error) {
    for (const each of begun.splice(0)) yield await each;
    throw error;
  }
  for (const each of begun) yield await each;
}
