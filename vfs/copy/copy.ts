/**
 * Copying and moving between any two locations.
 *
 * @module
 */

import type { Resolved } from "../connections.ts";
import { type Copied, copyFile } from "./copy_file.ts";
import { below, copyJobs, failEntry, type Job } from "./copy_jobs.ts";
import { FunctionNotSupported, isVfsError, VfsError } from "../errors.ts";
import { NEVER, throwIfAborted } from "../concurrency/signals.ts";
import type { Later } from "./batch.ts";
import { workOnAll } from "./flow.ts";
import { type Original, removeOriginal, removeOriginals } from "./remove_original.ts";
import { isThere, missingOf } from "../presence.ts";
import { removeEach } from "../remove_each.ts";
import {
  asVfsError,
  Tally,
  TransferFailed,
  type TransferOptions,
  type TransferReport,
} from "./transfer.ts";
import type { Read } from "./read_together.ts";
import { Trial } from "./trial.ts";
import type { Transport } from "../transport.ts";

/** Options of `copy` and `move`. */
export interface CopyOptions extends TransferOptions {
  /**
   * What to do with a file that is at the destination: fail for it, leave it, or replace it.
   *
   * @default {"error", or "replace" where the content names what is stored: sending again does no harm there}
   */
  readonly existing?: "error" | "skip" | "replace";
  /** Copy what links lead to. Otherwise links are skipped, and the report says so. @default {false} */
  readonly followSymlinks?: boolean;
}

/**
 * Copies a file, or a directory with all below it, to exactly `to`; with a trailing slash, into it. Where the content
 * names what is stored, all files go into the one directory `to`.
 */
export function copyTree(
  from: Resolved,
  to: Resolved,
  options: CopyOptions = {},
): Promise<TransferReport> {
  return new Copier("copy", from, to, options).run();
}

/** Moves likewise: by `rename` where one transport can, otherwise file by file, each removed once it is copied. */
export async function moveTree(
  from: Resolved,
  to: Resolved,
  options: CopyOptions = {},
): Promise<TransferReport> {
  const copier = new Copier("move", from, to, options);
  return await copier.rename() ?? await copier.run();
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

class Copier {
  readonly #op: "copy" | "move";
  readonly #from: Resolved;
  #to: Resolved;
  /** What is stored has the name that we give it, and not one that its content has. */
  readonly #isNamed: boolean;
  readonly #options: CopyOptions;
  readonly #signal: AbortSignal;
  readonly #tally: Tally;
  readonly #trial: Trial;
  /** Directories of the source that a move empties, parents first. */
  readonly #emptied: Resolved[] = [];
  /** Originals that go at the end, at one go. */
  readonly #originals: Original[] = [];

  constructor(
    op: "copy" | "move",
    from: Resolved,
    to: Resolved,
    options: CopyOptions,
  ) {
    this.#op = op;
    this.#from = from;
    this.#isNamed = to.transport.capabilities.naming === "path";
    this.#to = to.location.isDirectoryHint ? below(to, [from.location.name]) : to;
    this.#trial = new Trial(this.#to);
    this.#options = options;
    this.#signal = options.signal ?? NEVER;
    this.#tally = new Tally(options);
  }

  /** Moves by one rename, or gives `undefined` where that cannot be. */
  async rename(): Promise<TransferReport | undefined> {
    this.#checkApart();
    const { transport, location } = this.#from;
    const { existing = "error" } = this.#options;
    if (transport !== this.#to.transport || !transport.rename || !this.#isNamed) return;
    if (existing === "skip") return;
    const signal = this.#signal;
    const info = await transport.stat(location, { signal });
    if (info.kind === "directory" && existing === "replace") return;
    try {
      const overwrite = existing === "replace";
      await transport.rename(location, this.#to.location, { overwrite, signal });
    } catch (error) {
      // Not between these two, such as across disks; then it is copied.
      if (isVfsError(error) && error.kind === "NotSupported") return;
      throw error;
    }
    this.#tally.found(info.size);
    this.#tally.moved(info.size ?? 0, location.href);
    this.#tally.settle({
      from: location.href,
      to: this.#to.location.href,
      result: "done",
      bytes: info.size,
    });
    this.#tally.listed();
    return this.#tally.report();
  }

  async run(): Promise<TransferReport> {
    this.#checkApart();
    const { transport, location } = this.#from;
    if (this.#op === "move" && this.#options.followSymlinks) {
      throw new VfsError("InvalidArgument", {
        op: "move",
        url: location.href,
        reason: "followSymlinks would remove what links lead to, copy instead",
      });
    }
    if (this.#op === "move" && !transport.remove) {
      throw new FunctionNotSupported(
        location.scheme,
        "move",
        location.href,
        "removing the original",
      );
    }
    this.#checkExisting();
    const info = await transport.stat(location, { signal: this.#signal });
    if (info.kind !== "directory") {
      // The root of a server is a directory, with or without its slash.
      if (this.#to.location.segments.length === 0) {
        this.#to = below(this.#to, [location.name]);
      }
      this.#tally.found(info.size);
      this.#tally.listed();
      await this.#copy({ item: { from: this.#from, to: this.#to, info } }, true);
      return this.#tally.report();
    }
    await this.#checkMerge();
    this.#trial.isOver = !this.#isNamed || await this.#trial.isThere(this.#signal);
    try {
      await this.#copyAll();
    } finally {
      await this.#removeOriginals();
    }
    await this.#removeEmptied();
    const report = this.#tally.report();
    if (report.failed > 0) {
      throw new TransferFailed(this.#op, location.href, report);
    }
    return report;
  }

  #checkApart(): void {
    const { location } = this.#from;
    const inside = location.contains(this.#to.location);
    if (!inside) return;
    throw new VfsError("InvalidArgument", {
      op: this.#op,
      url: location.href,
      reason: `the destination "${this.#to.location.href}" is the source, or lies in it`,
    });
  }

  get #existing(): "error" | "skip" | "replace" {
    return this.#options.existing ?? (this.#isNamed ? "error" : "replace");
  }

  #checkExisting(): void {
    if (this.#isNamed || this.#existing === "replace") return;
    const { location: { scheme, href }, transport: { capabilities } } = this.#to;
    if (capabilities.looksFirst) return;
    throw new FunctionNotSupported(scheme, this.#op, href, "leaving alone what is there");
  }

  /** A move does not mix a directory into one that is there, unless told; a rename could not either. */
  async #checkMerge(): Promise<void> {
    const { existing = "error" } = this.#options;
    if (this.#op === "copy" || existing !== "error" || !this.#isNamed) return;
    if (!await isThere(this.#to, this.#signal)) return;
    throw new VfsError("AlreadyExists", { op: "move", url: this.#to.location.href });
  }

  async #copyAll(): Promise<void> {
    const jobs = copyJobs({
      op: this.#op,
      from: this.#from,
      to: this.#to,
      options: this.#options,
      tally: this.#tally,
      emptied: this.#emptied,
    });
    await workOnAll(jobs, {
      from: this.#from.transport,
      to: this.#to.transport,
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
    const missing = await missingOf(this.#to.transport, [...places.keys()], this.#signal);
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
        return this.#tally.settle({ ...outcome, result: "skipped", reason: "exists" });
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
    if (!alone && this.#from.transport.removeMany) {
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
    const { moved, copied: { verified, warnings } } = copying;
    const outcome = { ...placesOf(copying), bytes: moved, verified, warnings };
    this.#tally.settle({ ...outcome, result: "done" });
  }

  #fail(copying: Copying, error: unknown): void {
    const places = placesOf(copying);
    this.#tally.moved(-copying.moved, places.from);
    this.#trial.check();
    const failure = asVfsError(error, this.#op, places.from);
    this.#tally.settle({ ...places, result: "failed", error: failure });
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

  async #removeOriginals(): Promise<void> {
    await removeOriginals(this.#from.transport, this.#originals, this.#signal);
  }

  /** Removes the directories that a complete move left empty; what was skipped keeps its directories. */
  async #removeEmptied(): Promise<void> {
    await removeEach(this.#from.transport, this.#emptied.reverse(), {
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
