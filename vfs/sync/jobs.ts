/**
 * What there is to do, in the order of the walks.
 *
 * @module
 */

import type { Resolved } from "../connections.ts";
import type { Entry } from "../entry.ts";
import { VfsError } from "../errors.ts";
import type { Location } from "../location.ts";
import type { Info } from "../transport.ts";
import { type Step, walkSteps } from "../walk.ts";
import { compareInfos } from "./compare.ts";
import type { Deletions } from "./deletions.ts";
import type { SyncOptions } from "./options.ts";
import { type Pair, pairsOf } from "./pairs.ts";
import type { Subject, SyncTally } from "./tally.ts";

/** A file that takes work: to compare, to copy, or to ask whether it takes part. */
export interface Job {
  /** Where it is. */
  readonly from: Entry;
  /** Where it goes; absent for what only the destination has, which is to be deleted if it takes part. */
  readonly to?: Location;
  /** Path below the top. */
  readonly path: string;
  /** What is at the destination; absent when nothing is, or nobody knows. */
  readonly target?: Info;
}

/** What the planning of a sync works with. */
export interface Plan {
  readonly source: Resolved;
  readonly target: Resolved;
  readonly options: SyncOptions;
  readonly signal: AbortSignal;
  readonly tally: SyncTally;
  /** Gets what only the destination has; absent when that does not matter. */
  readonly deletions?: Deletions;
  /** Makes a directory that is empty in the source. */
  readonly makeDirectory: (location: Location, subject: Subject) => Promise<void>;
}

/** The jobs of a mirror: every file goes to the same path below the destination. */
export async function* mirrorJobs(plan: Plan): AsyncGenerator<Job> {
  const { source, target, options, signal, tally } = plan;
  const { foldsNames = false } = target.transport.capabilities;
  const keyOf = foldsNames ? foldName : (name: string) => name;
  const { match, skip, exts, followSymlinks } = options;
  const pairs = pairsOf(source, target, {
    match,
    skip,
    exts,
    followSymlinks,
    signal,
    keyOf,
    onError: (url, error) => failDirectory(plan, url, error),
    onCycle(url) {
      tally.found(undefined);
      const reason = "a link into a directory that it lies in";
      tally.skip("skip", { from: url, path: pathBelow(plan, url) }, reason);
    },
  });
  try {
    let next = await pairs.next();
    while (!next.done) {
      const pair = next.value;
      const jobs = new PairPlan(plan, pair, keyOf).jobs();
      await makeEmpty(plan, pair);
      // The walk is one step ahead, so that the totals are final before the last files are copied.
      next = await pairs.next();
      if (next.done) tally.listed();
      yield* jobs;
    }
  } finally {
    await pairs.return(undefined);
  }
}

/** The jobs of an archive that files by content: the source is walked, and nothing is known of the destination. */
export async function* archiveJobs(plan: Plan): AsyncGenerator<Job> {
  const { target, tally } = plan;
  for await (const { step, isLast } of sourceSteps(plan)) {
    const files = filesToCopy(plan, step);
    if (isLast) tally.listed();
    for (const from of files) yield { from, to: target.location, path: pathOf(step.path, from) };
  }
}

/** The directories of the source alone; what cannot be listed is told. */
export async function* sourceSteps(
  plan: Plan,
): AsyncGenerator<{ readonly step: Step; readonly isLast: boolean }> {
  const { source, options, signal } = plan;
  const { match, skip, exts, followSymlinks } = options;
  const steps = walkSteps(source, {
    signal,
    match,
    skip,
    exts,
    followSymlinks,
    detail: true,
    onError(error, url) {
      if (url === source.location.href) return "throw";
      failDirectory(plan, url, error);
      return "skip";
    },
  });
  try {
    let next = await steps.next();
    while (!next.done) {
      const step = next.value;
      next = await steps.next();
      yield { step, isLast: next.done ?? false };
    }
  } finally {
    await steps.return(undefined);
  }
}

/** The files of a directory of the source that are to be copied; the others are told. */
export function filesToCopy({ options, tally }: Plan, { path, dirs, files }: Step): Entry[] {
  const skip = (entry: Entry, reason: string) =>
    tally.skip("skip", { from: entry.url, path: pathOf(path, entry) }, reason);
  if (!options.followSymlinks) {
    for (const entry of dirs.filter(({ isSymlink }) => isSymlink)) {
      tally.found(undefined);
      skip(entry, "a link to a directory");
    }
  }
  return files.filter((entry) => {
    tally.found(entry.size);
    const reason = reasonToSkip(entry, options);
    if (reason) skip(entry, reason);
    return !reason;
  });
}

/** The plan of one directory. */
class PairPlan {
  readonly #plan: Plan;
  readonly #pair: Pair;
  readonly #keyOf: (name: string) => string;
  /** What is at the destination and not matched yet. */
  readonly #there: Map<string, Entry>;
  readonly #seen = new Set<string>();
  readonly #jobs: Job[] = [];
  readonly #top: Location;

  constructor(plan: Plan, pair: Pair, keyOf: (name: string) => string) {
    this.#plan = plan;
    this.#pair = pair;
    this.#keyOf = keyOf;
    this.#top = pair.target?.location ?? plan.target.location.join(...pair.path);
    const { dirs = [], files = [] } = pair.target ?? {};
    this.#there = new Map([...dirs, ...files].map((entry) => [keyOf(entry.name), entry]));
  }

  /** Decides what listings can decide, and gives the rest. */
  jobs(): Job[] {
    const { source, target } = this.#pair;
    if (source) {
      for (const entry of [...source.dirs]) this.#directory(entry, source);
      for (const entry of source.files) this.#file(entry);
    }
    if (target) this.#leftOver(target);
    return this.#jobs;
  }

  #directory(entry: Entry, { dirs }: Step): void {
    const there = this.#there.get(this.#keyOf(entry.name));
    this.#there.delete(this.#keyOf(entry.name));
    const isLeftOut = entry.isSymlink && !this.#plan.options.followSymlinks;
    const obstacle = isLeftOut ? undefined : this.#obstacle(entry, there, "directory");
    if (!isLeftOut && !obstacle) return;
    dirs.splice(dirs.indexOf(entry), 1);
    this.#prune(there);
    this.#plan.tally.found(undefined);
    if (isLeftOut) this.#plan.tally.skip("skip", this.#subject(entry), "a link to a directory");
    else this.#conflict(entry, obstacle!);
  }

  #file(entry: Entry): void {
    const { options, tally, target } = this.#plan;
    const key = this.#keyOf(entry.name);
    const there = this.#there.get(key);
    this.#there.delete(key);
    tally.found(entry.size);
    const reason = reasonToSkip(entry, options);
    if (reason) {
      this.#prune(there);
      return tally.skip("skip", this.#subject(entry), reason);
    }
    const obstacle = this.#obstacle(entry, there, "file");
    if (obstacle) {
      this.#prune(there);
      return this.#conflict(entry, obstacle);
    }
    const info = there?.info ?? (there && { kind: "file" });
    const isKept = info && !options.where &&
      compareInfos(entry.info, info, options.compare ?? "auto", target.transport.capabilities) ===
        "same";
    if (isKept) return tally.keep(() => this.#subject(entry));
    const to = this.#top.child(entry.name);
    this.#jobs.push({ from: entry, to, path: this.#pathOf(entry), target: info });
  }

  /** Why `entry` cannot be at the destination. */
  #obstacle(
    entry: Entry,
    there: Entry | undefined,
    kind: "file" | "directory",
  ): string | undefined {
    const key = this.#keyOf(entry.name);
    if (this.#seen.has(key)) {
      return "another name differs only in case, and both are the same there";
    }
    this.#seen.add(key);
    if (!there || there.kind === kind) return undefined;
    const what = { file: "a file", directory: "a directory", symlink: "a link", other: "a device" };
    return `${what[there.kind]} is at the destination`;
  }

  #conflict(entry: Entry, reason: string): void {
    const error = new VfsError("AlreadyExists", { op: "sync", url: entry.url, reason });
    this.#plan.tally.fail("conflict", this.#subject(entry), error);
  }

  /** Keeps the walk out of a directory of the destination, and so what is in it. */
  #prune(there: Entry | undefined): void {
    const dirs = this.#pair.target?.dirs;
    const at = there && dirs ? dirs.indexOf(there) : -1;
    if (at >= 0) dirs!.splice(at, 1);
  }

  /** What only the destination has. */
  #leftOver(target: Step): void {
    const { deletions, options, tally } = this.#plan;
    const links = target.dirs.filter((entry) => entry.isSymlink);
    for (const link of links) this.#prune(link);
    for (const entry of this.#there.values()) {
      if (entry.isDirectory) {
        // Nothing in it is of interest unless it is to be deleted.
        if (deletions) deletions.addDirectory(entry.location);
        else this.#prune(entry);
      } else if (deletions) {
        tally.found(undefined);
        if (entry.kind === "other") {
          const subject = { from: entry.url, path: this.#pathOf(entry) };
          tally.skip("skip", subject, "not a regular file");
        } else if (options.where) this.#jobs.push({ from: entry, path: this.#pathOf(entry) });
        else deletions.add(entry, this.#pathOf(entry));
      }
    }
  }

  #subject(entry: Entry): Subject {
    return { from: entry.url, to: this.#top.child(entry.name).href, path: this.#pathOf(entry) };
  }

  #pathOf(entry: Entry): string {
    return pathOf(this.#pair.path, entry);
  }
}

/** Makes the directory of a pair when the source's is empty and the destination has none. */
async function makeEmpty(plan: Plan, { source, target, path }: Pair): Promise<void> {
  const { match, skip, exts } = plan.options;
  // Whether a directory is empty that filters have been through nobody knows.
  const isEmpty = !match && !skip && !exts && source &&
    source.dirs.length + source.files.length === 0;
  if (!isEmpty || target) return;
  const to = plan.target.location.join(...path);
  const subject = { from: source.location.href, to: to.href, path: path.join("/") };
  await plan.makeDirectory(to, subject);
}

/** Why a file is left alone, if it is. */
export function reasonToSkip(
  entry: Entry,
  { followSymlinks }: Pick<SyncOptions, "followSymlinks">,
): string | undefined {
  if (entry.isFile) return undefined;
  if (!entry.isSymlink) return "not a regular file";
  if (!followSymlinks) return "a symbolic link";
  return entry.target === "file" ? undefined : "a link that leads to no file";
}

function failDirectory(plan: Plan, url: string, error: VfsError): void {
  plan.tally.found(undefined);
  plan.tally.fail("error", { from: url, path: pathBelow(plan, url) }, error);
}

/** The path of an entry in the directory at `path`. */
export function pathOf(path: readonly string[], { name }: Entry): string {
  return path.length === 0 ? name : `${path.join("/")}/${name}`;
}

function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function pathBelow({ source, target }: Plan, url: string): string {
  for (const { location } of [source, target]) {
    const top = location.href.replace(/\/$/, "");
    if (url.startsWith(`${top}/`)) return decodeURIComponent(url.slice(top.length + 1));
  }
  return "";
}
