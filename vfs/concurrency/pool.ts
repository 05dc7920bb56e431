/**
 * Bounded parallel work on what a generator gives.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import { keepTimer } from "./coalesced_clock.ts";

/** Refuses a number of items at once by which nothing would ever begin, or end. @throws `InvalidArgument` */
export function checkConcurrency(op: string, concurrency = 1): void {
  if (concurrency === Infinity || Number.isSafeInteger(concurrency) && concurrency > 0) return;
  const reason = `concurrency must be a whole number above 0, and not ${concurrency}`;
  throw new VfsError("InvalidArgument", { op, url: "", reason });
}

/**
 * Gives what `work` makes of each of `items`, in their order, from up to `concurrency` of them at once; as
 * {@linkcode forEachBounded} otherwise.
 */
export async function mapBounded<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let count = 0;
  async function* numbered() {
    for await (const item of items) yield { at: count++, item };
  }
  await forEachBounded(numbered(), concurrency, async ({ at, item }) => {
    results[at] = await work(item);
  });
  return results;
}

/**
 * Runs `work` on every item, pulling no item before there is room for it: the weights of those under way add up to
 * `concurrency` or, by the last one, a little more. The first error ends it: no further item is begun, and those
 * under way are waited for.
 */
export async function forEachBounded<T>(
  items: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<void>,
  weightOf: (item: T) => number = () => 1,
): Promise<void> {
  // Each item's operations have time limits.
  using _timer = keepTimer();
  const running = new Set<Promise<void>>();
  let load = 0;
  let failed = false;
  let failure: unknown;
  let wake = () => {};
  try {
    for await (const item of items) {
      const weight = weightOf(item);
      const task: Promise<void> = work(item)
        .catch((error) => {
          if (!failed) failure = error;
          failed = true;
        })
        .finally(() => {
          running.delete(task);
          load -= weight;
          wake();
        });
      running.add(task);
      load += weight;
      while (load >= concurrency) await new Promise<void>((resolve) => wake = resolve);
      if (failed) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failed) throw failure;
}
