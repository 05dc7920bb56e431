/**
 * Which of many files are not there: one list tells it of all that would be in a resource.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { Address } from "./address.ts";
import type { Catalogue } from "./catalogue.ts";
import { upTo } from "./ensure.ts";
import { fileAt } from "./list.ts";
import { locate, resourcesAt } from "./resolve.ts";
import { forgetOld } from "./stat.ts";

/** A location, and what it means where. */
export interface AskedPlace {
  /** The location. */
  readonly location: Location;
  /** The lists of its server. */
  readonly catalogue: Catalogue;
  /** What its URL says. */
  readonly address: Address;
  /** Who asks. */
  readonly ask: Ask;
}

/** Implements `findMissing`, for locations of files in resources. */
export async function findMissing(places: readonly AskedPlace[]): Promise<Set<Location>> {
  const resources = Map.groupBy(
    places.filter(({ address }) => address.level === "file"),
    ({ address }) => JSON.stringify(upTo(address, "resource")),
  );
  const missing = new Set<Location>();
  for (const those of resources.values()) {
    const [{ catalogue, address }] = those as [AskedPlace];
    let found = await missingOf(those);
    // Others may have stored some of them since the lists were asked.
    if (found.length > 0 && forgetOld(catalogue, address)) found = await missingOf(those);
    for (const { location } of found) missing.add(location);
  }
  return missing;
}

/** Those of files of one resource that are surely not in the lists. */
async function missingOf(places: readonly AskedPlace[]): Promise<readonly AskedPlace[]> {
  const [{ catalogue, address, ask }] = places as [AskedPlace];
  const place = await unlessMissing(locate(catalogue, upTo(address, "resource"), ask));
  if (!place) {
    const above = await unlessMissing(locate(catalogue, { ...address, resource: undefined }, ask));
    const others = above && await resourcesAt(catalogue, above, ask);
    // A file of another resource may be meant that is named without it.
    return others?.length ? [] : places;
  }
  const { owner, resource, path } = place;
  const files = await unlessMissing(catalogue.files(owner!, resource!.id, ask));
  if (!files || path.length > 0) return [];
  return places.filter(({ address }) => fileAt(files, address.path) === undefined);
}

function unlessMissing<T>(finding: Promise<T>): Promise<T | undefined> {
  return finding.catch((error) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}
