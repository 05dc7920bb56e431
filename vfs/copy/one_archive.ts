/**
 * Whether two archives are one that goes by two names.
 *
 * @module
 */

import type { Location } from "../location/location.ts";
import { fileAround } from "../location/nested_location.ts";
import { infoAt } from "../presence.ts";
import type { Finder } from "../sources.ts";

/**
 * Whether `a` and `b`, of one scheme, are in one archive, though its name is another in each, as by a link to its folder.
 * Throws what kept it from finding out.
 */
export async function areInOneArchive(
  a: Location,
  b: Location,
  at: Finder["at"],
  signal: AbortSignal,
): Promise<boolean> {
  const [around, other] = [fileAround(a), fileAround(b)];
  if (a.scheme !== b.scheme || !around || !other) return false;
  if (around.href === other.href) return true;
  if (around.origin !== other.origin) {
    return around.segments.join("/") === other.segments.join("/") &&
      await areInOneArchive(around, other, at, signal);
  }
  const [info, there] = await Promise.all(
    [around, other].map(async (file) => await infoAt(await at(file), signal)),
  );
  return info?.id !== undefined && info.id === there?.id;
}
