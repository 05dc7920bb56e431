/**
 * What is at a destination, in few questions.
 *
 * @module
 */

import { isNotFound } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { foldName } from "../location/names.ts";
import { infoAt } from "../presence.ts";
import type { Info, ListedEntry, Place } from "../transport.ts";

/** So many files of a directory are asked for one by one; then it is listed. */
const SINGLY = 4;
/** Directories that are remembered. */
const DIRECTORIES = 8;
/** Entries that are remembered of each. A larger directory is not listed to its end. */
const MOST = 10_000;

interface Directory {
  asked: number;
  /** By folded name; absent before it is listed, or where that told too little or too much. */
  entries?: ReadonlyMap<string, ListedEntry>;
}

/** Tells what is at the places that are asked for, which come directory by directory as a rule. */
export class DestinationLook {
  readonly #target: Place;
  readonly #signal: AbortSignal;
  readonly #directories = new Map<string, Directory>();

  constructor(target: Place, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** What is at `location`; `undefined` when nothing is. Throws what kept it from finding out. */
  async look(location: Location): Promise<Info | undefined> {
    const parent = location.parent()!;
    const directory = this.#directoryAt(parent);
    if (++directory.asked === SINGLY + 1) directory.entries = await this.#list(parent);
    if (!directory.entries) return await this.#ask(location);
    const entry = directory.entries.get(foldName(location.name));
    if (!entry) return undefined;
    const isTold = entry.name === location.name && entry.kind !== "symlink" && entry.info;
    // Whether a name in other case is the same the destination has to tell, and what a link leads to.
    return isTold || await this.#ask(location);
  }

  #directoryAt({ href }: Location): Directory {
    const directory = this.#directories.get(href) ?? { asked: 0 };
    // The one that was asked for least lately goes first.
    this.#directories.delete(href);
    this.#directories.set(href, directory);
    if (this.#directories.size > DIRECTORIES) {
      const [oldest] = this.#directories.keys();
      this.#directories.delete(oldest!);
    }
    return directory;
  }

  async #list(location: Location): Promise<ReadonlyMap<string, ListedEntry> | undefined> {
    const entries = new Map<string, ListedEntry>();
    const options = { detail: true, signal: this.#signal };
    try {
      for await (const page of this.#target.transport.list(location, options)) {
        for (const entry of page) entries.set(foldName(entry.name), entry);
        if (entries.size > MOST) return undefined;
      }
      return entries;
    } catch (error) {
      if (isNotFound(error)) return entries;
      if (this.#signal.aborted) throw error;
      // What is wrong is told of each file.
      return undefined;
    }
  }

  async #ask(location: Location): Promise<Info | undefined> {
    return await infoAt({ ...this.#target, location }, this.#signal);
  }
}
