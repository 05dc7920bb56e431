/**
 * Making a destination hold what a source holds.
 *
 * @module
 */

import type { Later } from "../copy/batch.ts";
import { type Copied, copyFile } from "../copy/copy_file.ts";
import type { Location } from "../location/location.ts";
import { Semaphore } from "../concurrency/semaphore.ts";
import { NEVER, throwIfAborted } from "../concurrency/signals.ts";
import { filesAtOnce, workOnAll } from "../copy/work_on_all.ts";
import type { Read } from "../copy/read_together.ts";
import { asVfsError, TransferFailed } from "../copy/transfer.ts";
import { Trial } from "../copy/trial.ts";
import type { Info, Place, Transport } from "../transport.ts";
import { ArchiveLook } from "./archive_look.ts";
import { checkOptions, checkPlaces } from "./preconditions.ts";
import { compareInfos, isComparable, mayBeRemembered, type Verdict } from "./compare.ts";
import { isSameContent } from "./same_content.ts";
import { Deletions } from "./deletions.ts";
import { Importing } from "./importing.ts";
import { type Asked, Journal } from "./journal.ts";
import { layoutJobs } from "./layout_jobs.ts";
import { mirrorJobs } from "./mirror_jobs.ts";
import type { SyncOptions, SyncReport } from "./options.ts";
import type { Finder } from "../sources.ts";
import { pacedPair } from "./pace.ts";
import type { Job, Plan } from "./plan.ts";
import { studyGroups } from "./study_groups.ts";
import { archiveJobs } from "./source_jobs.ts";
import { type Subject, SyncTally } from "./tally.ts";

/** The places of a sync. */
export interface SyncPlaces {
  /** What is wanted. */
  readonly source: Place;
  /** What is to hold it. */
  readonly target: Place;
  /** Where the journal is. */
  readonly journal?: Place;
  /** Finds what an archive lies in. */
  readonly at: Finder["at"];
}

/**
 * Makes the directory `target` hold what the directory `source` holds.
 *
 * @throws `TransferFailed` when some items failed; its report is a {@linkcode SyncReport}
 */
export async function syncTree(
  places: SyncPlaces,
  options: SyncOptions = {},
  op: "sync" | "check" = "sync",
): Promise<SyncReport> {
  const run = new SyncRun({ ...places, ...pacedPair(places, options) }, options, op);
  return await run.run();
}

class SyncRun {
  readonly #source: Place;
  readonly #target: Place;
  readonly #at: Finder["at"];
  readonly #options: SyncOptions;
  readonly #op: "sync" | "check";
  readonly #signal: AbortSignal;
  readonly #concurrency: number;
  readonly #tally: SyncTally;
  readonly #journal: Journal | undefined;
  readonly #deletions: Deletions | undefined;
  readonly #trial: Trial;
  /** Tells what an archive has, where that is asked. */
  readonly #look: ArchiveLook | undefined;
  /** Files that are stored together begin together, and the caller's filter may read each. */
  readonly #asking: Semaphore;

  constructor(
    { source, target, journal, at }: SyncPlaces,
    options: SyncOptions,
    op: "sync" | "check",
  ) {
    this.#source = source;
    this.#target = target;
    this.#at = at;
    this.#trial = new Trial(target);
    this.#concurrency = options.concurrency ?? filesAtOnce(source.transport, target.transport);
    this.#asking = new Semaphore(Math.min(this.#concurrency, Number.MAX_SAFE_INTEGER));
    this.#options = options;
    this.#op = op;
    this.#signal = options.signal ?? NEVER;
    this.#tally = new SyncTally(options);
    this.#deletions = options.delete ? new Deletions(target) : undefined;
    const isAsked = options.exists && !this.#isNamed;
    this.#look = isAsked ? new ArchiveLook(source, target, this.#signal) : undefined;
    this.#journal = journal && new Journal(journal, {
      from: source.location.href,
      to: target.location.href,
      signal: this.#signal,
      isReadOnly: options.dryRun ?? false,
      onNote: options.onNote ?? (() => {}),
    });
  }

  get #isNamed(): boolean {
    return this.#target.transport.capabilities.naming === "path";
  }

  async run(): Promise<SyncReport> {
    const places = { source: this.#source, target: this.#target, at: this.#at };
    checkOptions(this.#options, places, this.#op);
    this.#trial.isOver = await checkPlaces(places, this.#op, this.#signal);
    try {
      await (this.#options.importer ? this.#importAll() : this.#copyAll());
    } finally {
      await this.#journal?.close();
    }
    await this.#deletions?.settle(this.#tally, this.#options, this.#signal, this.#concurrency);
    const report = this.#tally.report();
    if (report.failed > 0) throw new TransferFailed(this.#op, this.#source.location.href, report);
    return report;
  }

  async #copyAll(): Promise<void> {
    const { concurrency, dryRun } = this.#options;
    await workOnAll(this.#jobs(), {
      from: this.#source.transport,
      to: this.#target.transport,
      concurrency,
      trial: this.#trial,
      signal: this.#signal,
      readsAhead: !dryRun,
      pick: this.#look && ((jobs) => this.#look!.missing(jobs)),
      toRead: (job) => ({
        location: this.#isSureToBeCopied(job) ? job.from.location : undefined,
        size: job.from.size,
      }),
      toPut: ({ to, from }) => ({ location: to, size: from.size }),
      work: (read, target) => this.#work(read, target),
    });
  }

  async #importAll(): Promise<void> {
    const plan = this.#plan();
    // A place that takes none is told before anything is listed, and not of each study.
    const { transport, location } = this.#target;
    await transport.importFiles!(location, [], { signal: this.#signal });
    const importing = new Importing(plan, this.#journal);
    // One at a time, since several series of a study go into one session.
    for await (const group of studyGroups(plan)) await importing.run(group);
  }

  #plan(): Plan {
    return {
      source: this.#source,
      target: this.#target,
      options: this.#options,
      signal: this.#signal,
      tally: this.#tally,
      deletions: this.#deletions,
      // What is left out by `where` is not the same, whatever a journal tells.
      knows: this.#journal && !this.#options.where ? (file) => this.#knows(file) : undefined,
      makeDirectory: (location, subject) => this.#makeDirectory(location, subject),
    };
  }

  #jobs(): AsyncGenerator<Job> {
    const plan = this.#plan();
    const { layout } = this.#options;
    if (layout !== undefined) return layoutJobs(plan, layout);
    return this.#isNamed ? mirrorJobs(plan) : archiveJobs(plan);
  }

  #isSureToBeCopied(job: Job): boolean {
    if (!job.to || this.#options.where) return false;
    // What no journal knows, and the archive turns out not to have.
    if (!this.#isNamed) return !this.#look || this.#look.isTold(job.from);
    return !job.target || this.#compare(job) === "changed";
  }

  async #makeDirectory(location: Location, subject: Subject): Promise<void> {
    const { transport } = this.#target;
    if (this.#options.dryRun || !transport.mkdir || !transport.capabilities.emptyDirectories) {
      return;
    }
    try {
      await transport.mkdir(location, { recursive: true, signal: this.#signal });
    } catch (error) {
      if (this.#signal.aborted) throw error;
      this.#tally.found(undefined);
      this.#tally.fail("copy", subject, asVfsError(error, "sync", subject.from));
    }
  }

  async #work({ item: job, got }: Read<Job>, target: Transport): Promise<Later | void> {
    const subject = { from: job.from.url, to: job.to?.href, path: job.path };
    const { where, dryRun } = this.#options;
    let action: "error" | "conflict" | "copy" | "update" = "error";
    let moved = 0;
    const onBytes = (bytes: number) => {
      moved += bytes;
      this.#tally.moved(bytes, subject.from);
    };
    const undo = () => this.#tally.moved(-moved, subject.from);
    let isTold = false;
    const failed = (error: unknown) => {
      // It is done, and its journal cannot tell a later run so: that is the end of this one.
      if (isTold) throw error;
      if (moved !== 0) undo();
      this.#trial.check();
      const failure = asVfsError(error, this.#op, subject.from);
      this.#tally.fail(action, subject, failure);
      if (this.#signal.aborted || this.#journal?.failure) throw failure;
    };
    try {
      throwIfAborted(this.#signal, this.#op, subject.from);
      if (where && !await this.#asking.run(async () => await where(job.from), this.#signal)) {
        return this.#tally.hide();
      }
      if (!job.to) return this.#deletions?.add(job.from, job.path);
      if (await this.#isSame(job, job.to)) return this.#tally.keep(() => subject);
      if (this.#op === "sync") {
        action = "conflict";
        this.#target.transport.checkName?.(job.to);
      }
      const kind = action = job.target ? "update" : "copy";
      if (dryRun) return this.#tally.skip(action, subject, "only planned");
      const to = { transport: target, location: job.to };
      const { verified, warnings, location, source, stored } = await this.#store(
        { item: job, got },
        to,
        onBytes,
      );
      const done = async () => {
        const place = location?.href ?? subject.to;
        const outcome = { result: "done", bytes: moved, verified, warnings } as const;
        isTold = true;
        this.#tally.settle(kind, { ...subject, to: place }, outcome);
        await this.#remember(job, source, stored);
      };
      if (stored.kept) {
        const lost = (error: unknown) => {
          this.#trial.lost(error, to.location);
          failed(error);
        };
        return { kept: stored.kept, done, failed: lost, undo };
      }
      await done();
    } catch (error) {
      failed(error);
    }
  }

  async #store(
    { item: { from }, got }: Read<Job>,
    to: Place,
    onBytes: (bytes: number) => void,
  ): Promise<Copied> {
    const signal = this.#signal;
    const store = () =>
      copyFile({ ...this.#source, location: from.location }, to, {
        info: from.info,
        got,
        existing: "replace",
        isSteady: true,
        signal,
        onBytes,
      });
    return (await this.#trial.run(to.location, signal, store))!;
  }

  async #isSame(job: Job, to: Location): Promise<boolean> {
    const { from, target, path } = job;
    const signal = this.#signal;
    if (!this.#isNamed) return await this.#knows(job) || (await this.#look?.has(from) ?? false);
    if (!target) return false;
    const verdict = this.#compare(job);
    if (verdict !== "unknown") return verdict === "same";
    if (await this.#knows(job)) return true;
    const isSame = await isSameContent(
      { at: { ...this.#source, location: from.location }, info: from.info },
      { at: { ...this.#target, location: to }, info: target },
      signal,
    );
    if (isSame && this.#isWorthKeeping(from.info, target)) {
      await this.#journal?.add(path, from.info, target);
    }
    return isSame;
  }

  /** Whether a journal tells that a file is the same; asked only where nothing else can. */
  #knows(file: Asked): boolean | Promise<boolean> {
    const { compare = "auto" } = this.#options;
    const isAsked = this.#journal && (!this.#isNamed || compare === "auto" && file.target &&
        this.#compare(file) === "unknown");
    return isAsked && this.#journal
      ? this.#journal.knows(file, this.#source.transport.capabilities.naming === "content")
      : false;
  }

  #compare({ from, target }: Asked): Verdict | undefined {
    const { compare = "auto" } = this.#options;
    const { capabilities } = this.#target.transport;
    return target && compareInfos(from.info, target, compare, capabilities, this.#op);
  }

  /** Whether a journal is to tell that files are the same: listings cannot, or not where one of their times is rounded. */
  #isWorthKeeping(source: Info | undefined, target: Info): boolean {
    const { compare = "auto", dryRun } = this.#options;
    if (dryRun) return false;
    if (!isComparable(source, this.#target.transport.capabilities)) return true;
    return compare === "auto" && mayBeRemembered(source) && mayBeRemembered(target);
  }

  /** What listings will tell of again need not be remembered. */
  async #remember({ path }: Job, source: Info | undefined, stored: Info): Promise<void> {
    if (!this.#journal || this.#options.dryRun) return;
    if (this.#isNamed && isComparable(source, this.#target.transport.capabilities)) return;
    await this.#journal.add(path, source, stored);
  }
}
