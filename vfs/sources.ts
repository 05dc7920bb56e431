/**
 * Several places at once: lists of folders, files and archives, in mixed schemes, and what globs give.
 *
 * @module
 */

import { Entry } from "./entry.ts";
import { VfsError } from "./errors.ts";
import { Location } from "./location/location.ts";
import type { Where } from "./options.ts";
import { mapBounded } from "./concurrency/pool.ts";
import { NEVER } from "./concurrency/signals.ts";
import { type Look, lookEach } from "./stat_each.ts";
import { infoToMove } from "./presence.ts";
import type { Info, Place } from "./transport.ts";
import { type WalkOptions, walkSteps } from "./walk.ts";
import { isShown, refill, type Step } from "./walk_step.ts";

/** One place, several of them in mixed schemes, or what `glob` gives. */
export type Sources = Where | Entry | Iterable<Where | Entry> | AsyncIterable<Where | Entry>;

/** One place. */
export type OnePlace = Where | Entry;

/** One of the places. */
export interface SourcePlace extends Place {
  /** What is there; absent where there is but one place, which fails soon enough by itself. */
  readonly info?: Info;
}

/** How places are found. */
export interface Finder {
  /** Finds one. */
  readonly at: (where: Where) => Promise<Place>;
  /** Finds one to read what is in it, also where it is an archive. */
  readonly content: (where: Where, signal: AbortSignal) => Promise<Place>;
  /** The name that what is at a place goes by elsewhere; empty when it has none. */
  readonly nameOf: (location: Location) => string;
}

const AT_ONCE = 8;

/** True for one place; false for a list, even of one. */
export function isOnePlace(sources: Sources): sources is OnePlace {
  return typeof sources === "string" || sources instanceof URL || sources instanceof Location ||
    sources instanceof Entry;
}

/**
 * Finds all places before anything is done with one of them. A place that is named twice counts once; a link to a
 * directory is another place, since copies of both have two names.
 *
 * @throws `NotFound` for the first that is missing, `InvalidArgument` where there is none at all
 */
export async function resolveSources(
  sources: Sources,
  op: string,
  resolve: (where: Where) => Promise<Place>,
  signal: AbortSignal,
): Promise<SourcePlace[]> {
  if (isOnePlace(sources)) return [await resolve(whereOf(sources))];
  const named: SourcePlace[] = await mapBounded(sources, AT_ONCE, async (one) => {
    const at = await resolve(whereOf(one));
    return { ...at, info: listedInfo(one, at.location) };
  });
  if (named.length === 0) {
    throw new VfsError("InvalidArgument", { op, url: "", reason: "no source was given" });
  }
  const places = distinct(named, ({ location }) => keyOf(location));
  const alone: Look = op === "move"
    ? (at) => infoToMove(at, signal)
    : ({ transport, location }) => transport.stat(location, { signal });
  const look = lookEach(places.filter(({ info }) => !info), alone, signal);
  return await mapBounded(
    places,
    AT_ONCE,
    async (at) => ({ ...at, info: at.info ?? await look(at) }),
  );
}

/** What a listing told of a file, which need not be asked for again. */
function listedInfo(one: OnePlace, { href }: Location): Info | undefined {
  if (!(one instanceof Entry) || !one.isFile || one.url !== href) return undefined;
  return one.info ?? { kind: "file" };
}

/** Where that is. */
export function whereOf(one: OnePlace): Where {
  return one instanceof Entry ? one.location : one;
}

/** Those whose key no earlier one has; one without a key is kept. */
function distinct(
  sources: readonly SourcePlace[],
  idOf: (source: SourcePlace) => string | undefined,
): SourcePlace[] {
  const seen = new Set<string>();
  return sources.filter((source) => {
    const key = idOf(source);
    if (key === undefined) return true;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** What a directory, and links to it, have alone. */
function identityOf({ transport, location, info }: SourcePlace): string | undefined {
  const { origin, query } = location;
  // Without links the other names are those of views, which show less.
  return transport.capabilities.symlinks && info?.kind === "directory" && info.id !== undefined
    ? `${origin} ${info.id} ${query}`
    : undefined;
}

/**
 * Walks one place after the other, in the order given. A file stands for itself, in a step of its directory. What lies
 * in several of the places is given once: a place below another one in its own turn alone, a directory and a link to it
 * where the first of them is named.
 */
export async function* walkSources(
  { content }: Finder,
  top: Sources,
  options: WalkOptions = {},
): AsyncGenerator<Step> {
  const { signal = NEVER } = options;
  const resolve = (where: Where) => content(where, signal);
  const sources = distinct(await resolveSources(top, "walk", resolve, signal), identityOf);
  const overlap = overlapOf(sources);
  for (let at = 0; at < sources.length;) {
    const source = sources[at]!;
    const parent = source.location.parent();
    if (source.info === undefined || source.info.kind === "directory" || !parent) {
      at++;
      yield* overlap ? overlap.walk(source, options) : walkSteps(source, options);
      continue;
    }
    const files: Entry[] = [];
    for (let next = sources[at]; next && isIn(next, source); next = sources[++at]) {
      const entry = entryOf(next, parent);
      if (isShown(entry, [], options) && !overlap?.isGiven(entry)) files.push(entry);
    }
    yield { location: parent, path: [], dirs: [], files };
  }
}

/** True for a file in the directory that `first` is in. */
function isIn({ location, info }: SourcePlace, first: SourcePlace): boolean {
  return info?.kind !== "directory" && location.segments.length > 0 &&
    location.parent()!.href === first.location.parent()!.href;
}

function entryOf({ location, info }: SourcePlace, parent: Location): Entry {
  const query = location.query === "" ? undefined : location.query;
  return new Entry({ name: location.name, kind: info!.kind, info, query }, parent);
}

/** How places lie in each other, or `undefined` where none does. */
function overlapOf(sources: readonly SourcePlace[]): Overlap | undefined {
  const paths = new Set<string>();
  let isRepeated = false;
  for (const { location } of sources) {
    const path = keyOf(location, "");
    isRepeated ||= paths.has(path);
    paths.add(path);
  }
  const isNested = sources.some(({ location }) => {
    for (let up = location.parent(); up; up = up.parent()) {
      if (paths.has(keyOf(up, ""))) return true;
    }
    return false;
  });
  return isRepeated || isNested ? new Overlap(sources) : undefined;
}

class Overlap {
  /** What has a turn of its own. */
  readonly #turns: ReadonlySet<string>;
  /** Origins of which there are several views, such as a zip by two patterns, and the files given of them. */
  readonly #views = new Map<string, Set<string>>();

  constructor(sources: readonly SourcePlace[]) {
    this.#turns = new Set(sources.map(({ location }) => keyOf(location)));
    for (const { location } of sources) {
      if (location.query !== "") this.#views.set(location.origin, new Set());
    }
  }

  async *walk(source: SourcePlace, options: WalkOptions): AsyncGenerator<Step> {
    for await (const step of walkSteps(source, options)) {
      const files = step.files.filter((entry) =>
        !this.#turns.has(keyOf(entry.location)) && !this.isGiven(entry)
      );
      yield { ...step, files };
      const entered = step.dirs.filter((entry) => !this.#turns.has(keyOf(entry.location)));
      refill(step.dirs, entered);
    }
  }

  /** Whether a file was given by another view; it is by now. */
  isGiven({ location }: Entry): boolean {
    const given = this.#views.get(location.origin);
    const key = keyOf(location, "");
    if (!given || given.has(key)) return given !== undefined;
    given.add(key);
    return false;
  }
}

/** Tells places apart, and not a place with a slash after it from one without. */
export function keyOf({ origin, segments, query: own }: Location, query = own): string {
  return JSON.stringify([origin, query, ...segments]);
}
