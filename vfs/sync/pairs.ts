/**
 * Two trees, walked side by side, directory by directory.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import { isNotFound, VfsError } from "../errors.ts";
import { override } from "../layers/layer.ts";
import type { Location } from "../location/location.ts";
import { type WalkOptions, walkSteps } from "../walk.ts";
import { refill, type Step } from "../walk_step.ts";
import type { Place } from "../transport.ts";

/** Directories listed at the same time on each side: here, where more would hold many entries for little, and afar. */
const AHEAD = { here: 2, afar: 8 };

/** Directories of a place that are listed at the same time. */
export function aheadOf({ location }: Place): number {
  return location.host === "" ? AHEAD.here : AHEAD.afar;
}

/** One directory of either tree or of both. */
export interface Pair {
  /** Decoded path below the tops. */
  readonly path: readonly string[];
  /** The source's directory. Its `dirs` may be pruned before the next pair. */
  readonly source?: Step;
  /** The destination's directory. Its `dirs` may be pruned before the next pair. */
  readonly target?: Step;
}

/** How trees are walked. */
export interface PairsOptions extends Pick<WalkOptions, "match" | "skip" | "exts"> {
  /** Aborts. */
  readonly signal?: AbortSignal;
  /** Enter links of the source. */
  readonly followSymlinks?: boolean;
  /** What tells which names are the same at the destination. */
  readonly keyOf: (name: string) => string;
  /** Told of directories that could not be listed; the walk goes on beside them. */
  readonly onError: (url: string, error: VfsError) => void;
  /** Told of links that lead back into a directory that they lie in, and are not entered. */
  readonly onCycle: (url: string) => void;
}

/**
 * Walks both trees, parents first. Memory holds no more than the directories on the way down, whatever the size of the
 * trees.
 *
 * Each side comes in its own order: a level of numbers is sorted as numbers, and so two levels may differ in order
 * because of one name. One side leads; the other, which lists directory by directory, is told the order to enter.
 */
export async function* pairsOf(
  source: Place,
  target: Place,
  options: PairsOptions,
): AsyncGenerator<Pair> {
  const sourceLeads = source.transport.tree !== undefined || target.transport.tree === undefined;
  const follower = sourceLeads ? withoutTree(target) : target;
  const { keyOf } = options;
  await using a = new Cursor(source, options);
  await using b = new Cursor(follower, { ...options, followSymlinks: false }, true);
  const stack: PlacePair[] = [{ path: [], source: source.location, target: target.location }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    const pair: Pair = {
      path: at.path,
      source: at.source && await a.take(at.source, at.isLink),
      target: at.target && await b.take(at.target),
    };
    // What could not be listed is told, and nothing below it is compared.
    if (at.source && !pair.source || at.target && !pair.target && at.path.length > 0) {
      pair.source?.dirs.splice(0);
      pair.target?.dirs.splice(0);
      continue;
    }
    yield pair;
    const places = placesBelow(pair, sourceLeads, keyOf);
    for (let next = places.pop(); next; next = places.pop()) stack.push(next);
  }
}

/** A directory to come. */
interface PlacePair {
  readonly path: readonly string[];
  readonly source?: Location;
  readonly target?: Location;
  /** The source's is a link. */
  readonly isLink?: boolean;
}

/** The directories below a pair in the order of the side that leads; the other side's are put into that order. */
function placesBelow(
  { path, source, target }: Pair,
  sourceLeads: boolean,
  keyOf: (name: string) => string,
): PlacePair[] {
  const places: PlacePair[] = [];
  // Links to directories are entered or not by the walk; what it does not enter, the caller has pruned.
  const [leader, follower] = sourceLeads ? [source, target] : [target, source];
  const waiting = new Map(follower?.dirs.map((entry) => [keyOf(entry.name), entry]));
  const order: Entry[] = [];
  const add = (led: Entry | undefined, followed: Entry | undefined) => {
    const [s, t] = sourceLeads ? [led, followed] : [followed, led];
    const { name } = (s ?? t)!;
    places.push({
      path: [...path, name],
      source: s?.location,
      target: t?.location,
      isLink: s?.isSymlink,
    });
    if (followed) order.push(followed);
  };
  for (const entry of leader?.dirs ?? []) {
    const key = keyOf(entry.name);
    add(entry, waiting.get(key));
    waiting.delete(key);
  }
  for (const entry of waiting.values()) add(undefined, entry);
  if (follower) refill(follower.dirs, order);
  return places;
}

/** Reads the steps of one walk as they are asked for. */
class Cursor implements AsyncDisposable {
  readonly #steps: AsyncGenerator<Step>;
  readonly #options: PairsOptions;
  readonly #told = new Set<string>();
  readonly #mayBeMissing: boolean;
  #next: Step | undefined;
  #isOver = false;
  #isMissing = false;

  constructor(top: Place, options: PairsOptions, mayBeMissing = false) {
    this.#options = options;
    this.#mayBeMissing = mayBeMissing;
    const { signal, followSymlinks, match, skip, exts } = options;
    this.#steps = walkSteps(top, {
      signal,
      followSymlinks,
      match,
      skip,
      exts,
      detail: true,
      concurrency: aheadOf(top),
      onError: (error, url) => {
        if (url === top.location.href) return "throw";
        this.#told.add(url);
        options.onError(url, error);
        return "skip";
      },
    });
  }

  /** The step for the directory at `location`; `undefined` when that is not there or was not listed, which is told. */
  async take({ href }: Location, isLink = false): Promise<Step | undefined> {
    if (!this.#next && !this.#isOver) await this.#pull();
    const step = this.#next;
    if (step?.location.href === href) {
      this.#next = undefined;
      return step;
    }
    if (this.#told.delete(href) || this.#isMissing) return undefined;
    if (isLink) this.#options.onCycle(href);
    else this.#options.onError(href, new VfsError("Incomplete", { op: "list", url: href }));
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#steps.return(undefined);
  }

  async #pull(): Promise<void> {
    try {
      const { value, done } = await this.#steps.next();
      if (done) this.#isOver = true;
      else this.#next = value;
    } catch (error) {
      if (!this.#mayBeMissing || !isNotFound(error)) throw error;
      this.#isOver = true;
      this.#isMissing = true;
    }
  }
}

function withoutTree(at: Place): Place {
  return { ...at, transport: override(at.transport, {}, ["tree"]) };
}
