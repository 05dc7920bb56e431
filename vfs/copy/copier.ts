/**
 * Files on their way from one transport to another, and what is left to do where they came from.
 *
 * @module
 */

import { NEVER, throwIfAborted } from "../concurrency/signals.ts";
import { missingOf } from "../presence.ts";
import { removeEach } from "../remove_each.ts";
import type { Place, Transport } from "../transport.ts";
import type { Later } from "./batch.ts";
import type { CopyOptions } from "./copy.ts";
import { type Copied, copyFile } from "./copy_file.ts";
import { type Emptied, failEntry, type Job } from "./copy_jobs.ts";
import { workOnAll } from "./work_on_all.ts";
import type { Read } from "./read_together.ts";
import { type Original, removeOriginal, removeOriginals } from "./remove_original.ts";
import { asVfsError, type Outcome, type Tally } from "./transfer.ts";
import { Trial } from "./trial.ts";

/** A copy or a move. */
export interface Transferring {
  /** What it is. */
  readonly op: "copy" | "move";
  /** Options. */
  readonly options: CopyOptions;
  /** Counts. */
  readonly tally: Tally;
}

/** A file to copy, as far as it was read, by way of `target`. */
interface ReadJob extends Read<Job> {
  readonly target?: Transport;
}

/** A file that is copied, or is not. */
interface Copying {
  readonly job: Job;
  /** It is all there is. */
  readonly alone: boolean;
  /** Bytes. */
  readonly moved: number;
  /** What was stored. */
  readonly copied?: Omit<Copied, "stored">;
}

function placesOf({ job: { from, to }, copied }: Copying): { from: string; to: string } {
  return { from: from.location.href, to: (copied?.location ?? to.location).href };
}

/** What to do with what is at the destination `to`. */
export function existingAt(to: Transport, { existing }: CopyOptions): "error" | "skip" | "replace" {
  return existing ?? (to.capabilities.naming === "path" ? "error" : "replace");
}

/** Copies or moves files of one transport. */
export class Copier {
  /** Directories of the source that a move empties, parents first. */
  readonly emptied: Emptied[] = [];
  readonly #op: "copy" | "move";
  readonly #from: Transport;
  readonly #to: Transport;
  /** What is stored has the name that we give it, and not one that its content has. */
  readonly #isNamed: boolean;
  readonly #existing: "error" | "skip" | "replace";
  readonly #options: CopyOptions;
  readonly #signal: AbortSignal;
  readonly #tally: Tally;
  readonly #trial: Trial;
  /** Originals that go at the end, at one go. */
  readonly #originals: Original[] = [];

  /** What is in `from` goes to `into`, or below it. */
  constructor({ op, options, tally }: Transferring, from: Transport, into: Place) {
    this.#op = op;
    this.#from = from;
    this.#to = into.transport;
    this.#isNamed = this.#to.capabilities.naming === "path";
    this.#existing = existingAt(this.#to, options);
    this.#trial = new Trial(into);
    this.#options = options;
    this.#signal = options.signal ?? NEVER;
    this.#tally = tally;
  }

  /** Takes one file there that is all there is. @throws what it failed of */
  async one(job: Job): Promise<void> {
    await this.#copy({ item: job }, true);
  }

  /** Takes many there; those that fail are told. @throws what was the end of all */
  async all(jobs: AsyncIterable<Job>): Promise<void> {
    this.#trial.isOver = !this.#isNamed || await this.#trial.isThere(this.#signal);
    try {
      await this.#copyAll(jobs);
    } finally {
      await removeOriginals(this.#from, this.#originals, this.#signal);
    }
    await this.#removeEmptied();
  }

  async #copyAll(jobs: AsyncIterable<Job>): Promise<void> {
    await workOnAll(jobs, {
      from: this.#from,
      to: this.#to,
      concurrency: this.#options.concurrency,
      trial: this.#trial,
      signal: this.#signal,
      readsAhead: true,
      // What is there need not be read; but where the content names it, only reading tells.
      pick: this.#existing === "skip" && this.#isNamed ? (jobs) => this.#missing(jobs) : undefined,
      toRead: ({ from, info }) => ({ location: from.location, size: info?.size }),
      toPut: ({ to, info }) => ({ location: to.location, size: info?.size }),
      work: (read, target) => this.#copy({ ...read, target }, false),
    });
  }

  async #missing(jobs: readonly Job[]): Promise<ReadonlySet<Job>> {
    const places = new Map(jobs.map((job) => [job.to.location, job]));
    const missing = await missingOf(this.#to, [...places.keys()], this.#signal);
    return new Set([...missing].map((location) => places.get(location)!));
  }

  async #copy(job: ReadJob, alone: boolean): Promise<Later | void> {
    const { item } = job;
    const { from, to } = item;
    const url = from.location.href;
    let moved = 0;
    const onBytes = (bytes: number) => {
      moved += bytes;
      this.#tally.moved(bytes, url);
    };
    try {
      const copied = await this.#store(job, alone, onBytes);
      if (!copied) {
        // Of what is named by its content, the beginning was read.
        this.#tally.moved(-moved, url);
        const outcome = { from: url, to: to.location.href } as const;
        return this.#tell(item, { ...outcome, result: "skipped", reason: "exists" });
      }
      const { stored: { kept }, source, ...told } = copied;
      const copying = {
        ...{ job: item, alone, moved },
        copied: this.#op === "move" ? { ...told, source } : told,
      };
      if (kept) return this.#later(copying, kept);
      await this.#finish(copying);
    } catch (error) {
      this.#fail({ job: item, alone, moved }, error);
    }
  }

  /** What is left to do for a file that is kept with others: so many may wait for that that little is held of each. */
  #later(copying: Required<Copying>, kept: Promise<void>): Later {
    const { job, moved } = copying;
    job.forget?.();
    return {
      kept,
      done: () => this.#finish(copying),
      failed: (error) => {
        this.#trial.lost(error, job.to.location);
        this.#fail(copying, error);
      },
      undo: () => this.#tally.moved(-moved, job.from.location.href),
    };
  }

  async #finish(copying: Required<Copying>): Promise<void> {
    const { job, alone, copied } = copying;
    if (this.#op === "copy") return this.#settle(copying);
    if (!alone && this.#from.removeMany) {
      this.#originals.push({
        ...{ job, copied },
        done: () => this.#settle(copying),
        failed: (error) => this.#fail(copying, error),
      });
      return;
    }
    await removeOriginal(job.from, copied, this.#signal);
    this.#settle(copying);
  }

  #settle(copying: Required<Copying>): void {
    const { job, moved, copied: { verified, warnings } } = copying;
    const outcome = { ...placesOf(copying), bytes: moved, verified, warnings };
    this.#tell(job, { ...outcome, result: "done" });
  }

  #tell({ top }: Job, outcome: Outcome): void {
    top.left--;
    this.#tally.settle(outcome);
  }

  #fail(copying: Copying, error: unknown): void {
    const places = placesOf(copying);
    this.#tally.moved(-copying.moved, places.from);
    this.#trial.check();
    const failure = asVfsError(error, this.#op, places.from);
    this.#tell(copying.job, { ...places, result: "failed", error: failure });
    if (copying.alone || this.#signal.aborted) throw failure;
  }

  #store(
    { item: { from, to, info }, target = to.transport, got, mayBeThere }: ReadJob,
    alone: boolean,
    onBytes: (bytes: number) => void,
  ): Promise<Copied | undefined> {
    throwIfAborted(this.#signal, this.#op, from.location.href);
    const existing = mayBeThere ? "replace" : this.#existing;
    const options = { info, got, existing, signal: this.#signal, onBytes };
    const store = () => copyFile(from, { ...to, transport: target }, options);
    return alone ? store() : this.#trial.run(to.location, this.#signal, store);
  }

  /** Removes the directories that a complete move left empty; what was skipped keeps its directories. */
  async #removeEmptied(): Promise<void> {
    const [links, directories] = [true, false]
      .map((isLink) => this.emptied.filter((each) => each.isLink === isLink).reverse());
    await this.#removeEach(directories!);
    for (const link of links!) {
      try {
        if (await this.#isEmpty(link)) await this.#removeEach([link]);
      } catch (error) {
        if (this.#signal.aborted) throw error;
        const { href } = link.location;
        failEntry(this.#tally, href, asVfsError(error, "move", href));
      }
    }
  }

  async #isEmpty({ transport, location }: Place): Promise<boolean> {
    const signal = this.#signal;
    for await (const page of transport.list(location, { signal })) {
      if (page.length > 0) return false;
    }
    return true;
  }

  async #removeEach(places: readonly Place[]): Promise<void> {
    await removeEach(this.#from, places, {
      locationOf: ({ location }) => location,
      // Those that lie in others first.
      concurrency: 1,
      signal: this.#signal,
      tell: ({ location }, error) => {
        if (error === undefined) return;
        const failure = asVfsError(error, "move", location.href);
        if (failure.kind === "NotEmpty" || failure.kind === "NotFound") return;
        failEntry(this.#tally, location.href, failure);
      },
    });
  }
}
