/**
 * What a walk gives of one directory.
 *
 * @module
 */

import { Entry, followed } from "./entry.ts";
import type { Location } from "./location/location.ts";
import type { ListedEntry } from "./transport.ts";
import type { WalkOptions } from "./walk.ts";

/** One directory, with what the engine of a walk knows besides. */
export interface Step {
  readonly location: Location;
  /** Decoded path below the top, empty for the top itself. */
  readonly path: readonly string[];
  readonly dirs: Entry[];
  readonly files: Entry[];
}

/** The step of a directory in which `listed` is, without the directories that are left out. */
export function stepOf(
  { location, path }: Pick<Step, "location" | "path">,
  listed: readonly ListedEntry[],
  { skip }: WalkOptions,
): Step {
  const dirs: Entry[] = [];
  const files: Entry[] = [];
  for (const entry of listed) {
    const isDirectory = followed(entry) === "directory";
    if (isDirectory && skip && matches(skip, path, entry.name)) continue;
    (isDirectory ? dirs : files).push(new Entry(entry, location));
  }
  return { location, path, dirs, files };
}

/** The step with what the options leave out removed; `dirs` stays the list that the caller may prune. */
export function shown(step: Step, options: WalkOptions): Step {
  if (options.includeSymlinks === false) {
    removeWhere(step.dirs, (entry) => entry.isSymlink);
  }
  const files = step.files.filter((entry) => isShown(entry, step.path, options));
  return { ...step, files };
}

/** Whether the options let an entry that is no directory through, in the directory at `path` below the top. */
export function isShown(
  { name, isSymlink }: Entry,
  path: readonly string[],
  { includeFiles, includeSymlinks, exts, match, skip }: WalkOptions,
): boolean {
  return includeFiles !== false && (includeSymlinks !== false || !isSymlink) &&
    (!exts || exts.some((ext) => name.endsWith(ext))) &&
    (!match || matches(match, path, name)) && !(skip && matches(skip, path, name));
}

/** True when the path below the top of what is called `name` in `path` matches one of `patterns`. */
export function matches(
  patterns: readonly RegExp[],
  path: readonly string[],
  name: string,
): boolean {
  const text = path.length === 0 ? name : `${path.join("/")}/${name}`;
  return patterns.some((pattern) => {
    pattern.lastIndex = 0;
    return pattern.test(text);
  });
}

/** Has `list` hold `items` and nothing else. There may be more of them than a call takes arguments. */
export function refill<T>(list: T[], items: readonly T[]): void {
  list.length = 0;
  for (const item of items) list.push(item);
}

function removeWhere<T>(list: T[], remove: (item: T) => boolean): void {
  let kept = 0;
  for (const item of list) {
    if (!remove(item)) list[kept++] = item;
  }
  list.length = kept;
}
