/**
 * Work that is begun before its turn.
 *
 * @module
 */

/**
 * Gives what `work` makes of each of `items`, in their order, with up to `count` more of them under way. When the items end
 * with an error, what was begun is given first; when `work` fails, nothing behind that.
 */
export async function* ahead<T, U>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<U>,
  count: number,
): AsyncGenerator<U> {
  const begun: Promise<U>[] = [];
  let broken: { readonly error: unknown } | undefined;
  async function* unbroken() {
    try {
      yield* items;
    } catch (error) {
      broken = { error };
    }
  }
  for await (const item of unbroken()) {
    const result = work(item);
    // It is awaited in its turn, unless nobody comes for it.
    result.catch(() => {});
    begun.push(result);
    if (begun.length > count) yield await begun.shift()!;
  }
  for (const each of begun) yield await each;
  if (broken) throw broken.error;
}
