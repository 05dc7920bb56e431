/**
 * Walking: one engine with one explicit stack, over `list` or over a driver's own `tree`.
 *
 * @module
 */

import type { Entry } from "./entry.ts";
import { isVfsError, VfsError } from "./errors.ts";
import type { Location } from "./location/location.ts";
import { sortByName } from "./location/names.ts";
import type { OpOptions } from "./options.ts";
import { NEVER, throwIfAborted, toAborted } from "./concurrency/signals.ts";
import type { ListedEntry, ListOptions, Place, Transport } from "./transport.ts";
import { type Directory, inOrder, MOST_LEVELS, tooDeep } from "./walk_directory.ts";
import { matches, shown, type Step, stepOf } from "./walk_step.ts";

/** Options of `walk`, `entries` and `glob`. Names are those of `@std/fs`; each holds at every depth. */
export interface WalkOptions extends OpOptions {
  /**
   * Deepest level of entries: 1 is what is in the top itself. A directory more than 1,000 levels down is not listed in any
   * case, but `NotSupported`, since servers and archives can make up as many as they like.
   *
   * @default {Infinity}
   */
  readonly maxDepth?: number;
  /** Give files. @default {true} */
  readonly includeFiles?: boolean;
  /** Give directories. They are entered all the same. @default {true} */
  readonly includeDirs?: boolean;
  /** Give symbolic links. @default {true} */
  readonly includeSymlinks?: boolean;
  /** Enter links to directories; a link into a directory that it lies in is not entered. @default {false} */
  readonly followSymlinks?: boolean;
  /** Give only files whose name ends with one of these, such as `.dcm`. */
  readonly exts?: readonly string[];
  /** Give only files whose path below the top, with `/` and decoded, matches one of these. */
  readonly match?: readonly RegExp[];
  /** Neither give nor enter what has a path below the top that matches one of these. */
  readonly skip?: readonly RegExp[];
  /** Entries carry `info` even where that costs a request each. @default {false} */
  readonly detail?: boolean;
  /** What is remembered of the top and all below it does not count: its server is asked again. @default {false} */
  readonly refresh?: boolean;
  /** Directories listed at the same time, ahead of the one given. @default {8} */
  readonly concurrency?: number;
  /**
   * The caller may keep the walk out of directories, so that what is below one is not listed before it was given.
   * Otherwise four times as many are listed ahead, which takes a third of the time where each directory has only a few.
   *
   * @default {true}
   */
  readonly prunes?: boolean;
  /**
   * What to do when a directory cannot be listed: `throw`, at any depth, or `skip` it.
   *
   * @default {() => "throw"}
   */
  readonly onError?: (error: VfsError, url: string) => "throw" | "skip";
}

/**
 * One directory: its URL, its directories, its other entries. As in Python's os.walk links go by what they
 * lead to, and removing a directory from `dirs` before the next step keeps the walk out of it.
 */
export type WalkStep = readonly [root: string, dirs: Entry[], files: Entry[]];

/** So many times as far is listed ahead by who wants all, and no further while so many entries wait to be given. */
const FARTHER = 4;
const MOST_ENTRIES = 10_000;

/** Walks `top` directory by directory; see {@linkcode WalkOptions}. */
export async function* walkSteps(
  top: Place,
  options: WalkOptions = {},
): AsyncGenerator<Step> {
  const walker = new Walker(top, options);
  try {
    yield* top.transport.tree && !walker.followsLinks && walker.depthLimit === Infinity
      ? walker.tree(top.transport.tree.bind(top.transport))
      : walker.lists();
  } finally {
    await walker.end();
  }
}

class Walker {
  readonly depthLimit: number;
  readonly followsLinks: boolean;
  readonly #transport: Transport;
  readonly #top: Location;
  readonly #options: Readonly<WalkOptions>;
  readonly #signal: AbortSignal;
  readonly #ahead: number;
  readonly #stop = new AbortController();
  readonly #onAbort = () => this.#stop.abort(toAborted(this.#signal, "walk", this.#top.href));
  readonly #stack: Directory[];
  /** What is listed ahead and has not come yet. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** Entries that were listed ahead and wait to be given. */
  #waiting = 0;

  constructor({ transport, location }: Place, options: WalkOptions) {
    this.depthLimit = options.maxDepth ?? Infinity;
    this.followsLinks = (options.followSymlinks ?? false) && transport.capabilities.symlinks;
    this.#transport = transport;
    this.#top = location;
    this.#options = Object.freeze({ ...options });
    this.#signal = options.signal ?? NEVER;
    this.#ahead = Math.max(1, options.concurrency ?? 8);
    this.#stack = this.depthLimit < 1 ? [] : [{ location, path: [] }];
    if (this.#signal.aborted) this.#onAbort();
    else this.#signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Walks by listing directory after directory, some ahead. */
  async *lists(): AsyncGenerator<Step> {
    for (let at = this.#stack.pop(); at; at = this.#stack.pop()) {
      throwIfAborted(this.#signal, "walk", at.location.href);
      const listing = at.listing ?? this.#list(at);
      this.#listAhead();
      const entries = await this.#attempt(at.location, listing);
      this.#waiting -= at.ahead?.count ?? 0;
      at.listing = at.ahead = undefined;
      if (entries === undefined) continue;
      const step = stepOf(at, entries, this.#options);
      const { dirs } = step;
      yield shown(step, this.#options);
      await this.#enter(at, dirs);
    }
  }

  /** Walks by the driver's own recursive listing, leaving out what the caller pruned. */
  async *tree(tree: NonNullable<Transport["tree"]>): AsyncGenerator<Step> {
    const { skip } = this.#options;
    const skips = skip && (({ segments }: Location) => {
      const path = segments.slice(this.#top.segments.length);
      return matches(skip, path.slice(0, -1), path.at(-1)!);
    });
    const iterator = tree(this.#top, { ...this.#listOptions(this.#top), skips })
      [Symbol.asyncIterator]();
    let isBegun = false;
    try {
      for (let at = this.#stack.at(-1); at && !at.listing; at = this.#stack.at(-1)) {
        if (at.isBare) {
          this.#stack.pop();
          throwIfAborted(this.#signal, "walk", at.location.href);
          yield { location: at.location, path: at.path, dirs: [], files: [] };
          continue;
        }
        const next = await iterator.next();
        isBegun = true;
        if (next.done) break;
        if (!isSamePlace(at.location, next.value.location)) continue;
        this.#stack.pop();
        const step = stepOf(at, sortByName([...next.value.entries]), this.#options);
        const { dirs } = step;
        yield shown(step, this.#options);
        await this.#enter(at, dirs, next.value.bare);
      }
    } catch (error) {
      // What is left is listed one by one, which also tells which directory it is that fails.
      const canGoOn = isBegun || this.#options.onError !== undefined;
      if (!isVfsError(error) || this.#stop.signal.aborted || !canGoOn) throw error;
    } finally {
      await iterator.return?.();
    }
    yield* this.lists();
  }

  /** Ends listings that are under way. */
  async end(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#stop.abort(
      new VfsError("Aborted", { op: "walk", url: this.#top.href }),
    );
    await Promise.allSettled(this.#underWay);
  }

  /** What is below the top is forgotten with it, and not once more at each level. */
  #listOptions(location: Location): ListOptions {
    const { detail, refresh } = this.#options;
    return { signal: this.#stop.signal, detail, refresh: refresh && location === this.#top };
  }

  #list(at: Directory): Promise<ListedEntry[]> {
    const listing = this.#entriesOf(at.location);
    const settle = () => void this.#underWay.delete(listing);
    this.#underWay.add(listing);
    // It may be awaited later: until then its failure must not count as unhandled.
    listing.then(settle, settle);
    return at.listing = listing;
  }

  async #entriesOf(location: Location): Promise<ListedEntry[]> {
    const entries: ListedEntry[] = [];
    const pages = this.#transport.list(location, this.#listOptions(location));
    for await (const page of pages) {
      for (const entry of page) entries.push(entry);
    }
    return sortByName(entries);
  }

  /** Lists those that come next, as far ahead as may be. */
  #listAhead(): void {
    const { prunes = true, skip } = this.#options;
    const near = this.#ahead - 1;
    const most = prunes ? near : FARTHER * near;
    // Far ahead one is left for a directory that nobody has foreseen.
    const atOnce = prunes ? this.#ahead : near;
    const deepest = Math.min(this.depthLimit, MOST_LEVELS) - 1;
    let count = 0;
    for (const next of inOrder(this.#fromTop(), deepest, skip)) {
      if (++count > (this.#waiting > MOST_ENTRIES ? near : most)) return;
      if (next.listing) continue;
      if (this.#underWay.size >= atOnce) return;
      const listing = this.#list(next);
      if (!prunes) this.#goOnBelow(next, listing);
    }
  }

  *#fromTop(): Generator<Directory> {
    for (let i = this.#stack.length - 1; i >= 0; i--) yield this.#stack[i]!;
  }

  /** Has what is in `directory` listed ahead once that is known. */
  async #goOnBelow(directory: Directory, listing: Promise<ListedEntry[]>): Promise<void> {
    try {
      const entries = await listing;
      const dirs = entries.filter(({ kind }) => kind === "directory");
      directory.ahead = { count: entries.length, dirs };
      this.#waiting += entries.length;
    } catch {
      // That is told when its turn comes.
      return;
    }
    if (!this.#stop.signal.aborted) this.#listAhead();
  }

  async #attempt<T>(
    { href: url }: Location,
    promise: Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await promise;
    } catch (error) {
      if (!isVfsError(error) || this.#stop.signal.aborted) throw error;
      if (this.#options.onError?.(error, url) !== "skip") throw error;
      return undefined;
    }
  }

  async #enter(
    at: Directory,
    dirs: readonly Entry[],
    bare?: ReadonlySet<string>,
  ): Promise<void> {
    if (at.path.length + 1 >= this.depthLimit) return;
    const entered: Directory[] = [];
    for (const entry of dirs) {
      const { location, name } = entry;
      if (entry.isSymlink) {
        if (!this.followsLinks) continue;
        const isCycle = await this.#attempt(location, this.#leadsUp(location, at));
        if (isCycle !== false) continue;
      }
      const path = [...at.path, name];
      const listing = path.length > MOST_LEVELS ? tooDeep(location) : undefined;
      const ahead = at.below?.get(name);
      entered.push(ahead ?? { location, path, above: at, isBare: bare?.has(name), listing });
    }
    at.below = undefined;
    for (let next = entered.pop(); next; next = entered.pop()) {
      this.#stack.push(next);
    }
  }

  /** True when the link leads to `at` or to a directory above it. */
  async #leadsUp(link: Location, at: Directory): Promise<boolean> {
    const id = await this.#identity(link);
    if (id === undefined) {
      throw new VfsError("NotSupported", {
        op: "walk",
        url: link.href,
        reason: "links are not followed without identities, which tell a cycle",
      });
    }
    for (let up: Directory | undefined = at; up; up = up.above) {
      up.id ??= this.#identity(up.location);
      if (await up.id === id) return true;
    }
    return false;
  }

  async #identity(location: Location): Promise<string | undefined> {
    const { signal } = this.#stop;
    return (await this.#transport.stat(location, { signal })).id;
  }
}

function isSamePlace(a: Location, b: Location): boolean {
  return a.segments.length === b.segments.length && a.contains(b);
}
