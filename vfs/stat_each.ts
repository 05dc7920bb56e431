/**
 * Looks at many places, each of which would cost a request.
 *
 * @module
 */

import { mapBounded } from "./concurrency/pool.ts";
import { NEVER } from "./concurrency/signals.ts";
import type { Location } from "./location/location.ts";
import type { StatEachOptions, Where } from "./options.ts";
import { FEW } from "./presence.ts";
import type { Info, Place, Transport } from "./transport.ts";

/** So many places are looked at at once. */
const AT_ONCE = 8;
/** So many entries of a listing that comes in pages are read for each place, rather than ask for that place alone. */
const WORTH = 20;

/** Looks at one of the places that it was made for. @throws `NotFound` */
export type Look = (place: Place) => Promise<Info>;

/**
 * Gives what looks at each of `places`: of several files in one folder of a transport that reads many together, the listing
 * of the folder tells, which is asked once. All else, and what the listing does not have or only far on, is asked `alone`.
 */
export function lookEach(places: readonly Place[], alone: Look, signal: AbortSignal): Look {
  const folders = new Map<Transport, Map<string, Folder>>();
  for (const { transport, location } of places) {
    const parent = transport.capabilities.getMany === undefined ? undefined : parentOf(location);
    if (!parent) continue;
    const those = folders.get(transport) ?? new Map<string, Folder>();
    folders.set(transport, those);
    const folder = those.get(parent.href) ?? new Folder({ transport, location: parent });
    those.set(parent.href, folder);
    folder.names.add(location.name);
  }
  return async (place) => {
    const { transport, location } = place;
    const parent = parentOf(location);
    const folder = parent && folders.get(transport)?.get(parent.href);
    if (!folder || folder.names.size <= FEW) return await alone(place);
    return (await folder.files(signal)).get(location.name) ?? await alone(place);
  };
}

/** What is at each of the places, in their order. */
export async function statEach(
  where: Iterable<Where>,
  resolve: (where: Where) => Promise<Place>,
  { detail, signal = NEVER }: StatEachOptions,
): Promise<PromiseSettledResult<Info>[]> {
  const named = await Promise.allSettled(Array.from(where, resolve));
  const places = named.filter((each) => each.status === "fulfilled").map(({ value }) => value);
  const alone: Look = ({ transport, location }) => transport.stat(location, { signal });
  const look = detail ? alone : lookEach(places, alone, signal);
  return await mapBounded(named, AT_ONCE, async (each) => {
    if (each.status === "rejected") return each;
    const [settled] = await Promise.allSettled([look(each.value)]);
    return settled;
  });
}

/** The folder of what may be a file in a listing. */
function parentOf(location: Location): Location | undefined {
  return location.isDirectoryHint || location.query !== "" ? undefined : location.parent();
}

class Folder {
  /** What is looked for in it. */
  readonly names = new Set<string>();
  readonly #at: Place;
  #files: Promise<ReadonlyMap<string, Info>> | undefined;

  constructor(at: Place) {
    this.#at = at;
  }

  /** What the listing tells of the files that are looked for. */
  files(signal: AbortSignal): Promise<ReadonlyMap<string, Info>> {
    return this.#files ??= this.#list(signal);
  }

  async #list(signal: AbortSignal): Promise<ReadonlyMap<string, Info>> {
    const files = new Map<string, Info>();
    const { transport, location } = this.#at;
    let most = WORTH * this.names.size;
    try {
      for await (const page of transport.list(location, { signal })) {
        for (const { name, kind, info } of page) {
          if (kind === "file" && info && this.names.has(name)) files.set(name, info);
        }
        most -= page.length;
        if (files.size === this.names.size || most <= 0) break;
      }
    } catch {
      // Whoever asks for each alone is told what is wrong, if it still is.
    }
    return files;
  }
}
