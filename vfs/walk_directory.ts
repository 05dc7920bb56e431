/**
 * The directories of a walk, those below one that is listed as well.
 *
 * @module
 */

import { Entry } from "./entry.ts";
import { VfsError } from "./errors.ts";
import type { Location } from "./location/location.ts";
import type { ListedEntry } from "./transport.ts";
import { matches } from "./walk_step.ts";

/** A hostile server, or an archive of a few bytes, can have as many levels as it likes, and each costs as much as all above. */
export const MOST_LEVELS = 1_000;

/** A directory that a walk comes to. */
export interface Directory {
  readonly location: Location;
  /** Decoded path below the top. */
  readonly path: readonly string[];
  /** The directory that it was found in. */
  readonly above?: Directory;
  /** All that is in it is left out. */
  readonly isBare?: boolean;
  /** What tells it from others, asked for when a link may lead to it. */
  id?: Promise<string | undefined>;
  /** What is in it, as soon as it has been asked for. */
  listing?: Promise<ListedEntry[]>;
  /** How many entries that gave, once it was listed ahead, and those of them that are directories and no links. */
  ahead?: { readonly count: number; readonly dirs: readonly ListedEntry[] };
  /** Directories in it that were listed ahead as well. */
  below?: Map<string, Directory>;
}

/**
 * `directories` and, as far as they are listed, all below each, in the order of a walk that leaves out what `skip` says
 * and no links are followed in. None are more than `deepest` levels down.
 */
export function* inOrder(
  directories: Iterable<Directory>,
  deepest: number,
  skip: readonly RegExp[] = [],
): Generator<Directory> {
  for (const directory of directories) {
    yield directory;
    const { ahead, path } = directory;
    if (!ahead || ahead.dirs.length === 0 || path.length >= deepest) continue;
    yield* inOrder(belowOf(directory, ahead.dirs, skip), deepest, skip);
  }
}

function* belowOf(
  above: Directory,
  dirs: readonly ListedEntry[],
  skip: readonly RegExp[],
): Generator<Directory> {
  above.below ??= new Map();
  for (const entry of dirs) {
    const { name } = entry;
    if (matches(skip, above.path, name)) continue;
    let directory = above.below.get(name);
    if (!directory) {
      const { location } = new Entry(entry, above.location);
      directory = { location, path: [...above.path, name], above };
      above.below.set(name, directory);
    }
    yield directory;
  }
}

/** What listing a directory comes to that is not even tried. */
export function tooDeep({ href: url }: Location): Promise<never> {
  const reason = `it lies more than ${MOST_LEVELS} levels below where the walk began`;
  const listing = Promise.reject(new VfsError("NotSupported", { op: "walk", url, reason }));
  // It is awaited when its turn comes.
  listing.catch(() => {});
  return listing;
}
