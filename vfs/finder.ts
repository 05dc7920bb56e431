/**
 * How a filesystem finds places, for what takes several of them, or what is in an archive.
 *
 * @module
 */

import { NEVER } from "./concurrency/signals.ts";
import type { Connections } from "./connections.ts";
import { isNotFound } from "./errors.ts";
import type { Location } from "./location/location.ts";
import { locationWithin } from "./location/nested_location.ts";
import type { Finder } from "./sources.ts";

/** Finds places by `connections`. */
export function finderOf(connections: Connections): Finder {
  return {
    at: (where) => connections.resolve(where),
    content: async (where, signal) => {
      const at = await connections.resolve(where);
      const inside = await contentOf(connections, at.location, signal);
      return inside === at.location ? at : await connections.resolve(inside);
    },
    nameOf: (location) => connections.registry.nameOf(location),
  };
}

/** What is in the archive at `location`; what is none stays as it is. */
export async function contentOf(
  connections: Connections,
  location: Location,
  signal: AbortSignal = NEVER,
): Promise<Location> {
  const scheme = connections.registry.archiveScheme(location.name);
  if (scheme === undefined) return location;
  const at = await connections.resolve(location);
  // A pattern for its members has led into it already.
  if (at.location !== location) return at.location;
  try {
    const { kind } = await at.transport.stat(location, { signal });
    return kind === "file" ? locationWithin(scheme, location) : location;
  } catch (error) {
    if (isNotFound(error)) return location;
    throw error;
  }
}
