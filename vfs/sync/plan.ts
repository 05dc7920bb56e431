/**
 * What the planning of a sync shares, wherever files go.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import type { VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import type { Info, Place } from "../transport.ts";
import type { Deletions } from "./deletions.ts";
import type { Asked } from "./journal.ts";
import type { SyncOptions } from "./options.ts";
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
  readonly source: Place;
  readonly target: Place;
  readonly options: SyncOptions;
  readonly signal: AbortSignal;
  readonly tally: SyncTally;
  /** Gets what only the destination has; absent when that does not matter. */
  readonly deletions?: Deletions;
  /** Whether a journal tells that a file is the same; absent where there is none to ask. */
  readonly knows?: (file: Asked) => boolean | Promise<boolean>;
  /** Makes a directory that is empty in the source. */
  readonly makeDirectory: (location: Location, subject: Subject) => Promise<void>;
}

/**
 * The jobs for files of the directory at `path`, with what is at the destination; without those that a journal settles,
 * which are told. It is asked before there is a job, so that a million files that it knows leave little garbage.
 */
export async function jobsOf(
  { knows, tally }: Plan,
  path: readonly string[],
  files: ReadonlyMap<Entry, Info | undefined>,
  placeOf: (file: Entry) => Location,
): Promise<Job[]> {
  const jobs: Job[] = [];
  const start = pathOf(path, { name: "" });
  for (const [from, target] of files) {
    const path = start + from.name;
    const answer = knows?.({ path, from, target }) ?? false;
    const isKept = typeof answer === "boolean" ? answer : await answer;
    if (isKept) tally.keep(() => ({ from: from.url, to: placeOf(from).href, path }));
    else jobs.push({ from, to: placeOf(from), path, target });
  }
  return jobs;
}

/** Tells of a directory that could not be listed. */
export function failDirectory(plan: Plan, url: string, error: VfsError): void {
  plan.tally.found(undefined);
  plan.tally.fail("error", { from: url, path: pathBelow(plan, url) }, error);
}

/** The path of an entry in the directory at `path`. */
export function pathOf(path: readonly string[], { name }: Pick<Entry, "name">): string {
  return path.length === 0 ? name : `${path.join("/")}/${name}`;
}

/** The path of `url` below the source, or below the destination. */
export function pathBelow({ source, target }: Plan, url: string): string {
  for (const { location } of [source, target]) {
    const top = location.href.replace(/\/$/, "");
    if (url.startsWith(`${top}/`)) return decodeURIComponent(url.slice(top.length + 1));
  }
  return "";
}
