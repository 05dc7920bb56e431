/**
 * Bounded parallel work on what a generator gives.
 *
 * @module
 */

/**
 * Runs `work` on every item, `concurrency` at a time, pulling no item before there is room for it. The first
 * error ends it: no further item is begun, and those under way are waited for.
 */
export async function forEachBounded<T>(
  items: AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failed = false;
  let failure: unknown;
  let wake = () => {};
  try {
    for await (const item of items) {
      const task: Promise<void> = work(item)
        .catch((error) => {
          if (!failed) failure = error;
          failed = true;
        })
        .finally(() => {
          running.delete(task);
          wake();
        });
      running.add(task);
      if (running.size >= concurrency) await new Promise<void>((resolve) => wake = resolve);
      if (failed) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failed) throw failure;
}
