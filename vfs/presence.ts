/**
 * Whether anything is at a place.
 *
 * @module
 */

import { isNotFound } from "./errors.ts";
import type { Location } from "./location/location.ts";
import { foldName } from "./location/names.ts";
import type { Info, Place, Transport } from "./transport.ts";

/** Up to so many places of a directory, which may be large, are asked for one by one. */
export const FEW = 4;

/** What is at a place; `undefined` when nothing is. Throws what kept it from finding out. */
export async function infoAt(
  { transport, location }: Place,
  signal: AbortSignal,
): Promise<Info | undefined> {
  try {
    return await transport.stat(location, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What is to be moved: what a link leads to or, where that is nothing, the link. @throws `NotFound` */
export async function infoToMove(
  { transport, location }: Place,
  signal: AbortSignal,
): Promise<Info> {
  try {
    return await transport.stat(location, { signal });
  } catch (error) {
    if (!isNotFound(error) || !transport.capabilities.symlinks) throw error;
    return await transport.stat(location, { signal, followSymlinks: false });
  }
}

/** The same, where one look may tell of many that nothing is there. */
export async function findAt(place: Place, signal: AbortSignal): Promise<Info | undefined> {
  const { transport, location } = place;
  const missing = await transport.findMissing?.([location], { signal });
  return missing?.has(location) ? undefined : await infoAt(place, signal);
}

/** Whether anything is at a place. Throws what kept it from finding out. */
export async function isThere(place: Place, signal: AbortSignal): Promise<boolean> {
  return await findAt(place, signal) !== undefined;
}

/**
 * Those of many places at which nothing is, in few questions. A name that another one differs from only in case does not
 * count as missing. Throws what kept it from finding out.
 */
export async function missingOf(
  transport: Transport,
  locations: readonly Location[],
  signal: AbortSignal,
): Promise<ReadonlySet<Location>> {
  if (transport.findMissing) return await transport.findMissing(locations, { signal });
  const missing = new Set<Location>();
  for (const those of Map.groupBy(locations, (each) => each.parent()?.href).values()) {
    const directory = those.length > FEW ? those[0]!.parent() : undefined;
    const names = directory && await namesIn({ transport, location: directory }, signal);
    const areThere = await Promise.all(
      those.map((location) =>
        names ? names.has(foldName(location.name)) : isThere({ transport, location }, signal)
      ),
    );
    for (const [i, location] of those.entries()) if (!areThere[i]) missing.add(location);
  }
  return missing;
}

/** The folded names in a directory; none where that is not there. */
async function namesIn({ transport, location }: Place, signal: AbortSignal): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    for await (const page of transport.list(location, { signal })) {
      for (const { name } of page) names.add(foldName(name));
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return names;
}
