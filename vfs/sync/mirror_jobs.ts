/**
 * The jobs of a mirror, in the order of the walks.
 *
 * @module
 */

import { reasonToSkip } from "../copy/reason_to_skip.ts";
import type { Entry } from "../entry.ts";
import { VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { foldName } from "../location/names.ts";
import type { Info } from "../transport.ts";
import { refill, type Step } from "../walk_step.ts";
import { compareInfos } from "./compare.ts";
import { type Pair, pairsOf } from "./pairs.ts";
import { failDirectory, type Job, jobsOf, pathBelow, pathOf, type Plan } from "./plan.ts";
import type { Subject } from "./tally.ts";

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
      const jobs = await new PairPlan(plan, pair, keyOf).jobs();
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

/** The plan of one directory. */
class PairPlan {
  readonly #plan: Plan;
  readonly #pair: Pair;
  readonly #keyOf: (name: string) => string;
  /** What is at the destination and not matched yet. */
  readonly #there: Map<string, Entry>;
  readonly #seen = new Set<string>();
  /** What listings cannot decide, and what is at the destination. */
  readonly #open = new Map<Entry, Info | undefined>();
  /** What is to be deleted if it takes part. */
  readonly #gone: Job[] = [];
  /** Directories of either side that are not entered. */
  readonly #pruned = new Set<Entry>();
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
  async jobs(): Promise<Job[]> {
    const { source, target } = this.#pair;
    if (source) {
      for (const entry of source.dirs) this.#directory(entry);
      for (const entry of source.files) this.#file(entry);
    }
    if (target) this.#leftOver(target);
    // All at one go: there may be a hundred thousand, and each would move all behind it.
    for (const dirs of [source?.dirs, target?.dirs]) {
      if (dirs) refill(dirs, dirs.filter((entry) => !this.#pruned.has(entry)));
    }
    const placeOf = ({ name }: Entry) => this.#top.child(name);
    const jobs = await jobsOf(this.#plan, this.#pair.path, this.#open, placeOf);
    return [...jobs, ...this.#gone];
  }

  #directory(entry: Entry): void {
    const there = this.#there.get(this.#keyOf(entry.name));
    this.#there.delete(this.#keyOf(entry.name));
    const isLeftOut = entry.isSymlink && !this.#plan.options.followSymlinks;
    const obstacle = isLeftOut ? undefined : this.#obstacle(entry, there, "directory");
    if (!isLeftOut && !obstacle) return;
    this.#prune(entry);
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
    this.#open.set(entry, info);
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

  /** Keeps the walk out of a directory. */
  #prune(entry: Entry | undefined): void {
    if (entry) this.#pruned.add(entry);
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
        } else if (options.where) this.#gone.push({ from: entry, path: this.#pathOf(entry) });
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
