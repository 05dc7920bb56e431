/**
 * Making room in a cache.
 *
 * @module
 */

import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { CacheEntry } from "./entry.ts";

/**
 * Removes the entries below `root` that were least lately used until they have `maxBytes` together, but for those that
 * `keeps` names. Tells how many bytes are left.
 */
export async function evict(
  vfs: Vfs,
  root: Location,
  maxBytes: number,
  keeps: (at: Location) => boolean,
  options: OpOptions,
): Promise<number> {
  const found: { entry: CacheEntry; bytes: number; used: number }[] = [];
  let total = 0;
  const manifests = vfs.entries(root, {
    ...options,
    includeDirs: false,
    match: [/(^|\/)manifest\.json$/],
    skip: [/(^|\/)(content|partial)$/],
  });
  for await (const { parent: at } of manifests) {
    const entry = new CacheEntry(vfs, at);
    const bytes = (await entry.manifest(options))?.bytes ?? 0;
    total += bytes;
    if (!keeps(at)) found.push({ entry, bytes, used: await entry.lastUse(options) });
  }
  found.sort((a, b) => a.used - b.used);
  for (const { entry, bytes } of found) {
    if (total <= maxBytes) break;
    if (await entry.remove(options)) total -= bytes;
  }
  return total;
}
