/**
 * Several calls of the system at once.
 *
 * @module
 */

/** What a disk and Deno's threads bear well; more gains nothing. */
export const CONCURRENCY = 16;

/** The results of `action` for all of `items` in their order, {@linkcode CONCURRENCY} at once. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  action: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  let isFailed = false;
  const work = async () => {
    for (const [index, item] of queue) {
      if (isFailed) return;
      try {
        results[index] = await action(item);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  const workers = Array.from(
    { length: Math.min(CONCURRENCY, items.length) },
    work,
  );
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return results;
}
