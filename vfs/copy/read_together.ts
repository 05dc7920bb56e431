/**
 * Small files, read together where the source can.
 *
 * @module
 */

import type { Location } from "../location/location.ts";
import { merged } from "../concurrency/merged.ts";
import type { Capabilities, Got, Transport } from "../transport.ts";

/** What is to be read. */
export interface ToRead {
  /** Where, unless it is to be read alone. */
  readonly location?: Location;
  /** Bytes, when a listing told. */
  readonly size?: number;
}

/** An item, and its file when that was read with others. */
export interface Read<T> {
  /** The item. */
  readonly item: T;
  /** The file; without it, it is to be read alone. */
  readonly got?: Got;
  /** It was stored before, and that failed for a moment: what is there now may be what was stored. */
  readonly mayBeThere?: boolean;
}

/** Directories that are read at once, where the source does not say. */
const AT_ONCE = 4;
/**
 * Most files of several directories asked for at once, since each is remembered meanwhile. Those of one directory its
 * listing remembers anyway, and a source that gives a directory as a whole would give all of it for each part.
 */
const MOST_ACROSS = 10_000;

/** Items by where they are; one that is to be read alone is by itself. */
type Group<T> = Map<Location | undefined, T>;

/** How items are read together. */
export interface ReadTogether<T> {
  /** Where their files are; without it, all are read alone. */
  readonly source: Transport | undefined;
  /** The file of an item. */
  readonly fileOf: (item: T) => ToRead;
  /** Picks those of a directory that are wanted, as far as a look tells; without it, all are. */
  readonly pick?: (items: readonly T[]) => Promise<ReadonlySet<T>>;
  /** Aborts. */
  readonly signal: AbortSignal;
}

/**
 * Gives each of `items`, which come directory by directory, small ones that are wanted with their file where the source
 * gives that together with others, some at a time as the source does. Whatever it does not give comes without, and alone.
 */
export async function* readTogether<T>(
  items: AsyncIterable<T>,
  options: ReadTogether<T>,
): AsyncGenerator<readonly Read<T>[]> {
  const { source } = options;
  if (!source?.getMany) {
    for await (const item of items) yield [{ item }];
    return;
  }
  const { getManyAtOnce = AT_ONCE } = source.capabilities;
  yield* merged(streams(items, source, options), getManyAtOnce);
}

async function* streams<T>(
  items: AsyncIterable<T>,
  source: Transport,
  options: ReadTogether<T>,
): AsyncGenerator<AsyncIterable<readonly Read<T>[]>> {
  for await (const group of groups(items, options.fileOf, source.capabilities)) {
    yield readGroup(group, source, options);
  }
}

/**
 * Small files that come one after the other, from the same directory unless the source goes through all anyway; others
 * by themselves.
 */
async function* groups<T>(
  items: AsyncIterable<T>,
  fileOf: (item: T) => ToRead,
  { getMany: most = 0, getManyAcross = false }: Capabilities,
): AsyncGenerator<Group<T>> {
  let group: Group<T> = new Map();
  let last: Location | undefined;
  for await (const item of items) {
    const { location, size = Infinity } = fileOf(item);
    if (!location || size > most) {
      yield new Map([[undefined, item]]);
      continue;
    }
    const isFull = getManyAcross ? group.size === MOST_ACROSS : last && !isBeside(location, last);
    if (isFull) {
      yield group;
      group = new Map();
    }
    group.set(location, item);
    last = location;
  }
  if (group.size > 0) yield group;
}

function isBeside(a: Location, b: Location): boolean {
  const { length } = a.segments;
  return a.origin === b.origin && length === b.segments.length &&
    a.segments.every((name, i) => i === length - 1 || name === b.segments[i]);
}

async function* readGroup<T>(
  waiting: Group<T>,
  source: Transport,
  { pick, signal }: ReadTogether<T>,
): AsyncGenerator<readonly Read<T>[]> {
  try {
    const locations = await locationsOf(waiting, pick);
    if (locations.length > 0) {
      for await (const page of source.getMany!(locations, { signal })) {
        yield page.flatMap(({ location, got }) => {
          const item = waiting.get(location);
          waiting.delete(location);
          return item === undefined ? [] : [{ item, got }];
        });
      }
    }
  } catch (error) {
    // Whoever asks for the others alone is told what is wrong, if it still is.
    if (signal.aborted) throw error;
  }
  for (const item of waiting.values()) yield [{ item }];
}

/** Where those of a group are that are to be read together. */
async function locationsOf<T>(
  group: Group<T>,
  pick: ReadTogether<T>["pick"],
): Promise<Location[]> {
  const locations = [...group.keys()].filter((location) => location !== undefined);
  if (!pick || locations.length === 0) return locations;
  const wanted = await pick([...group.values()]);
  return locations.filter((location) => wanted.has(group.get(location)!));
}
