/**
 * Where copies go.
 *
 * @module
 */

import { Entry } from "../vfs/entry.ts";
import { Location } from "../vfs/location/location.ts";
import { foldName } from "../vfs/location/names.ts";
import type { Where } from "../vfs/options.ts";
import type { OnePlace, Sources } from "../vfs/sources.ts";
import type { Info } from "../vfs/transport.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./exit_code.ts";
import { Operand } from "./operand.ts";

/** The sources of a copy, and where each goes. */
export interface Destination {
  /** All places but the last, as they were typed. */
  readonly sources: readonly string[];
  /** Exactly where a source goes. @throws {UsageError} when it has no name */
  target(source: Operand): Location;
  /** What the library is asked for, to have those of the sources that are there get where they go. */
  route(found: ReadonlyMap<Operand, Info>): { readonly from: Sources; readonly to: Location };
  /** How a place at the destination is shown. */
  readonly showTarget: (url: string) => string;
}

/** Tells whoever names a folder like an archive that it will be none; `where` is `to` with its credentials. */
export async function noteFolder(
  context: Context,
  to: Location,
  where: Where = to,
): Promise<void> {
  if (to.scheme === "zip" || !/\.zip$/i.test(to.name)) return;
  if (await context.vfs.exists(where, { signal: context.signal })) return;
  const archive = `zip://${encodeURIComponent(to.href)}/`;
  context.note(`"${to.name}" becomes a folder; an archive of that name is "${archive}"`);
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
  const showTarget = (url: string) => last.showUrl(url);
  const route =
    (target: Destination["target"], into: Location): Destination["route"] => (found) => {
      const [one] = found.keys();
      return sources.length === 1 && one
        ? { from: one.where, to: target(one) }
        : { from: Array.from(found, ([place, info]) => sourceOf(place, info)), to: into };
    };
  if (naming === "content") {
    // Whatever goes there is filed by what is in it.
    const target = () => location;
    return { sources, showTarget, target, route: route(target, location) };
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
  const target = (source: Operand) => {
    if (!into) return exact;
    const name = nameOf(source.location);
    if (name !== "") return exact.child(name);
    throw new UsageError(
      `Cannot copy "${source.show()}" into "${last.show()}": it has no name to get there`,
    );
  };
  return { sources, showTarget, target, route: route(target, exact) };
}

/** A place with what is known of it, so that nobody looks again. */
function sourceOf({ where, location }: Operand, info: Info): OnePlace {
  const { name, query } = location;
  const parent = location.parent();
  return parent
    ? new Entry({ name, kind: info.kind, info, query: query || undefined }, parent)
    : where;
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
        `Cannot put both "${other.show()}" and "${operand.show()}" into "${into.show()}": they have one name; sync --layout names DICOM files by their headers`,
      );
    }
    taken.set(name, operand);
  }
}
