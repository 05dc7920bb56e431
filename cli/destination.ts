/**
 * Where copies go.
 *
 * @module
 */

import { Location } from "../vfs/location/location.ts";
import { foldName } from "../vfs/location/names.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { Operand } from "./operand.ts";

/** The sources of a copy, and where each goes. */
export interface Destination {
  /** All places but the last, as they were typed. */
  readonly sources: readonly string[];
  /** Exactly where a source goes. */
  target(source: Operand): Location;
  /** How a place at the destination is shown. */
  readonly showTarget: (url: string) => string;
}

/**
 * Splits the places of `cp` and `mv`: the last is the destination, and sources go into it when it is a directory,
 * ends with a slash, or they are several.
 *
 * @throws {UsageError} when several sources should go into what is not a directory
 */
export async function destinationOf(
  { vfs, signal }: Context,
  places: readonly string[],
): Promise<Destination> {
  const sources = places.slice(0, -1);
  const last = new Operand(places.at(-1) ?? "");
  const { location } = last;
  const asked = location.isDirectoryHint || location.segments.length === 0;
  // Asked in any case, since it also tells the façade the credentials in the URL.
  const { naming, foldsNames } = await vfs.capabilities(last.where);
  if (naming === "content") {
    // Whatever goes there is filed by what is in it.
    return { sources, showTarget: (url) => last.showUrl(url), target: () => location };
  }
  const isDirectory = await vfs.isDirectory(last.where, { signal });
  if (sources.length > 1 && !isDirectory && !asked) {
    const is = await vfs.exists(last.where, { signal }) ? "not a directory" : "not there";
    throw new UsageError(
      `Cannot put several sources into "${last.show()}": it is ${is} (a slash at the end makes it a directory)`,
    );
  }
  const { scheme, host, port, segments, query } = location;
  const exact = new Location({ scheme, host, port, segments, query });
  const into = isDirectory || asked;
  const nameOf = (source: Location) => vfs.registry.nameOf(source);
  if (into) {
    const keyOf = (source: Location) => foldsNames ? foldName(nameOf(source)) : nameOf(source);
    checkNames(sources, last, keyOf);
  }
  return {
    sources,
    showTarget: (url) => last.showUrl(url),
    target(source) {
      if (!into) return exact;
      const name = nameOf(source.location);
      if (name !== "") return exact.child(name);
      throw new UsageError(
        `Cannot copy "${source.show()}" into "${last.show()}": it has no name to get there`,
      );
    },
  };
}

/** Refuses sources of one name before anything is copied, since one copy would replace the other. */
function checkNames(
  sources: readonly string[],
  into: Operand,
  keyOf: (source: Location) => string,
): void {
  const taken = new Map<string, Operand>();
  for (const source of sources) {
    const operand = new Operand(source);
    const name = keyOf(operand.location);
    const other = taken.get(name);
    if (other && other.location.href !== operand.location.href) {
      throw new UsageError(
        `Cannot put both "${other.show()}" and "${operand.show()}" into "${into.show()}": they have one name`,
      );
    }
    taken.set(name, operand);
  }
}
