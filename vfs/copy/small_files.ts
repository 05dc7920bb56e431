/**
 * Small files, of which more may be under way than of others where the destination stores them together.
 *
 * @module
 */

import type { Capabilities } from "../transport.ts";

/**
 * The largest that counts as small, in bytes. So many small files under way hold no more than a few large ones
 * would, and get through a slow line before anybody thinks that it is dead.
 */
const SMALL = 128 * 1024;

/** How many small files take the place of one large one: 1 where they are not stored together. */
export function smallPerLarge({ putsTogether = 1, maxConcurrency }: Capabilities): number {
  return Math.max(1, putsTogether / maxConcurrency);
}

/** The part of one place that a file of `size` bytes takes among those under way. */
export function weightOf(size: number | undefined, capabilities: Capabilities): number {
  const least = 1 / smallPerLarge(capabilities);
  return size === undefined ? 1 : Math.min(1, Math.max(least, size / SMALL * least));
}
