/**
 * Removing what is known one by one, or in one go where that is how a transport does it.
 *
 * @module
 */

import { forEachBounded } from "./concurrency/pool.ts";
import type { Location } from "./location/location.ts";
import type { RemoveManyOptions, Transport } from "./transport.ts";

/** How many are removed. */
export interface RemoveEach<T> extends RemoveManyOptions {
  /** Where an item is. */
  readonly locationOf: (item: T) => Location;
  /** So many at once, where they go one by one. */
  readonly concurrency: number;
  /** Told of each item that it is gone, or why not; throws where that is the end of all. */
  readonly tell: (item: T, error?: unknown) => void;
}

/** Removes files, and directories that are empty by then, or with all below them. */
export async function removeEach<T>(
  transport: Transport,
  items: readonly T[],
  { locationOf, concurrency, tell, ...options }: RemoveEach<T>,
): Promise<void> {
  if (!transport.removeMany) {
    await forEachBounded(items, concurrency, async (item) => {
      const failure = await transport.remove!(locationOf(item), options)
        .then(() => undefined, (error: unknown) => ({ error }));
      tell(item, failure?.error);
    });
    return;
  }
  if (items.length === 0) return;
  const locations = items.map(locationOf);
  const all = transport.removeMany(locations, options);
  const left = await all.then((left) => ({ left }), (error: unknown) => ({ error }));
  // Each is told, also when the first was the end of all: others are gone by now.
  let end: { readonly error: unknown } | undefined;
  for (const [i, item] of items.entries()) {
    try {
      tell(item, "error" in left ? left.error : left.left.get(locations[i]!));
    } catch (error) {
      end ??= { error };
    }
  }
  if (end) throw end.error;
}
