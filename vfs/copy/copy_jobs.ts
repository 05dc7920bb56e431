/**
 * What a copy of a directory has to do, in the order of the walk.
 *
 * @module
 */

import type { CopyOptions } from "./copy.ts";
import { type Entry, placeOf } from "../entry.ts";
import { VfsError } from "../errors.ts";
import { foldName } from "../location/names.ts";
import { NEVER } from "../concurrency/signals.ts";
import { asVfsError, type Tally } from "./transfer.ts";
import type { Info, Place } from "../transport.ts";
import { walkSteps } from "../walk.ts";
import { refill } from "../walk_step.ts";
import { notMoved, whyNotRemoved } from "./removable.ts";
import { gatheredUpTo } from "./put_together.ts";
import { reasonToSkip } from "./reason_to_skip.ts";

/** A place that is copied, and where it goes. */
export interface Top {
  /** Where it is. */
  readonly from: Place;
  /** What becomes of it. */
  readonly to: Place;
  /** What is there. */
  readonly info?: Info;
  /** How much of it is not told of yet: its files, and what is not listed. */
  left: number;
}

/** One file to copy. */
export interface Job {
  /** It is this place, or lies in it. */
  readonly top: Top;
  /** Where it is. */
  readonly from: Place;
  /** Where it goes. */
  readonly to: Place;
  /** What the listing told. */
  readonly info?: Info;
  /** Has it make its places anew when they are asked for. */
  forget?(): void;
}

/** A file of a directory. As many as a directory has may wait to be read together, so that little is kept of each. */
class FileJob implements Job {
  readonly top: Top;
  readonly info: Info | undefined;
  readonly #name: string;
  readonly #query: string | undefined;
  readonly #source: Place;
  readonly #into: Place;
  #from: Place | undefined;
  #to: Place | undefined;

  constructor(top: Top, source: Place, into: Place, { name, query, info }: Entry) {
    this.top = top;
    // The transport's own words are most of it, and no copy has them.
    this.info = info?.attributes ? { ...info, attributes: undefined } : info;
    this.#name = name;
    this.#query = query;
    this.#source = source;
    this.#into = into;
  }

  get from(): Place {
    return this.#from ??= {
      ...this.#source,
      location: placeOf(this.#source.location, this.#name, this.#query),
    };
  }

  get to(): Place {
    return this.#to ??= below(this.#into, [this.#name]);
  }

  forget(): void {
    this.#from = this.#to = undefined;
  }
}

/** A directory that a move empties. */
export interface Emptied extends Place {
  /** It is a link, which can be removed though what it leads to is not empty. */
  readonly isLink: boolean;
}

/** What is copied, and how. */
export interface CopyPlan {
  /** What the caller asked for. */
  readonly op: "copy" | "move";
  /** The directory. */
  readonly top: Top;
  /** Options. */
  readonly options: CopyOptions;
  /** Counts. */
  readonly tally: Tally;
  /** Gets the directories of the source that a move empties, parents first. */
  readonly emptied: Emptied[];
  /** Told when all is found, which is before the last files are given. */
  readonly onListed: () => void;
}

/** Gives all files to copy; what is skipped, and directories, it deals with itself. */
export async function* copyJobs(plan: CopyPlan): AsyncGenerator<Job> {
  const { top, tally, options: { signal, followSymlinks, onProgress } } = plan;
  const { from, to } = top;
  const steps = walkSteps(from, {
    signal,
    followSymlinks,
    // None but what the destination takes for another are taken out of `dirs`.
    prunes: false,
    // Progress without sizes would count a large file like a small one, and small ones are found by it.
    detail: onProgress !== undefined || gatheredUpTo(to.transport) !== undefined,
    onError: (error, url) => {
      if (url === from.location.href) return "throw";
      failEntry(tally, url, error);
      return "skip";
    },
  });
  try {
    let step = await steps.next();
    while (!step.done) {
      const { location, path, dirs, files } = step.value;
      for (const entry of dirs) {
        if (entry.isSymlink && !followSymlinks) skip(tally, entry, "a link to a directory");
      }
      const isSecond = seconds(to);
      const entered = dirs.filter((entry) => {
        const isLeftOut = isSecond(entry);
        if (isLeftOut) failEntry(tally, entry.url, sameName(plan.op, entry));
        return !isLeftOut;
      });
      if (entered.length < dirs.length) refill(dirs, entered);
      const at = { ...from, location };
      const sample = plan.op === "move" ? files[0] ?? dirs[0] : undefined;
      const kept = sample &&
        await whyNotRemoved({ ...from, location: sample.location }, signal ?? NEVER);
      if (kept && files.length > 0) failEntry(tally, location.href, notMoved(location.href, kept));
      const copied = kept ? [] : files.filter((entry) => {
        if (isSecond(entry)) {
          failEntry(tally, entry.url, sameName(plan.op, entry));
          return false;
        }
        const reason = reasonToSkip(entry, { followSymlinks });
        if (reason) skip(tally, entry, reason);
        else tally.found(entry.size);
        return !reason;
      });
      const isEmpty = dirs.length + files.length === 0;
      const isMade = isEmpty ? await makeEmpty(plan, path, location.href) : !kept;
      // The root of a server, or of an archive, is none of its directories.
      if (plan.op === "move" && isMade && location.segments.length > 0) {
        const isLink = path.length === 0 && await isLinkAt(from, signal);
        plan.emptied.push({ ...from, location, isLink });
      }
      // The walk is one step ahead, so that the totals are final before the last files are copied.
      step = await steps.next();
      if (step.done) plan.onListed();
      const into = below(to, path);
      for (const entry of copied) yield new FileJob(top, at, into, entry);
    }
  } finally {
    await steps.return(undefined);
  }
}

async function isLinkAt(
  { transport, location }: Place,
  signal: AbortSignal = NEVER,
): Promise<boolean> {
  if (!transport.capabilities.symlinks) return false;
  return (await transport.stat(location, { signal, followSymlinks: false })).kind === "symlink";
}

/** Tells of entries of one directory whose name is that of an earlier one at the destination, and would replace it. */
function seconds({ transport: { capabilities } }: Place): (entry: Entry) => boolean {
  const { foldsNames, naming } = capabilities;
  const seen = new Set<string>();
  return ({ name }) => {
    if (!foldsNames || naming === "content") return false;
    const { size } = seen;
    return seen.add(foldName(name)).size === size;
  };
}

function sameName(op: string, { url }: Entry): VfsError {
  const reason = "another name differs only in case, and both are the same there";
  return new VfsError("AlreadyExists", { op, url, reason });
}

/** Where `path` below a directory goes; all into one where the content names what is stored. */
export function below(at: Place, path: readonly string[]): Place {
  const isNamed = at.transport.capabilities.naming === "path";
  return isNamed ? { ...at, location: at.location.join(...path) } : at;
}

/** Counts an entry that could not be dealt with. */
export function failEntry(tally: Tally, from: string, error: VfsError): void {
  tally.found(undefined);
  tally.settle({ from, result: "failed", error });
}

function skip(tally: Tally, entry: Entry, reason: string): void {
  tally.found(entry.size);
  tally.settle({ from: entry.url, result: "skipped", reason });
}

/** Makes an empty directory where there can be one; false where that failed, which is told. */
async function makeEmpty(
  { op, top: { to }, tally, options: { signal = NEVER } }: CopyPlan,
  path: readonly string[],
  from: string,
): Promise<boolean> {
  const { transport, location } = below(to, path);
  if (!transport.mkdir || !transport.capabilities.emptyDirectories) return true;
  try {
    await transport.mkdir(location, { recursive: true, signal });
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    failEntry(tally, from, asVfsError(error, op, from));
    return false;
  }
}
