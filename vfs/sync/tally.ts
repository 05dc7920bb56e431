/**
 * Counting what a sync does.
 *
 * @module
 */

import type { VfsError } from "../errors.ts";
import { type Outcome, Tally } from "../copy/transfer.ts";
import type { SyncAction, SyncOptions, SyncOutcome, SyncReport } from "./options.ts";

/** Who an outcome is about. */
export type Subject = Pick<SyncOutcome, "from" | "to" | "path">;

/** Counts items by what was to be done about them, and by what became of them. */
export class SyncTally {
  /** Why nothing was deleted, although there was something to delete. */
  notDeleted: string | undefined;
  readonly #tally: Tally;
  readonly #options: Pick<SyncOptions, "onKept" | "dryRun">;
  readonly #actions: Record<SyncAction, number> = {
    copy: 0,
    update: 0,
    delete: 0,
    keep: 0,
    skip: 0,
    conflict: 0,
    error: 0,
  };
  #failed = 0;

  constructor(options: SyncOptions) {
    this.#options = options;
    // What a sync settles is always one of its own outcomes.
    const { onProgress, onOutcome } = options;
    this.#tally = new Tally({
      onProgress,
      onOutcome: onOutcome as ((outcome: Outcome) => void) | undefined,
    });
  }

  /** Items that failed so far. */
  get failed(): number {
    return this.#failed;
  }

  /** An item was found. */
  found(size: number | undefined): void {
    this.#tally.found(size);
  }

  /** Everything was found. */
  listed(): void {
    this.#tally.listed();
  }

  /** Bytes were moved. */
  moved(bytes: number, url: string): void {
    this.#tally.moved(bytes, url);
  }

  /** An item is the same on both sides. */
  keep(subject: () => Subject): void {
    this.#actions.keep++;
    this.#tally.pass();
    this.#options.onKept?.({ ...subject(), action: "keep", result: "skipped", reason: "the same" });
  }

  /** A file that was found takes no part. */
  hide(): void {
    this.#tally.pass();
  }

  /** An item was dealt with. */
  settle(action: SyncAction, subject: Subject, outcome: Omit<Outcome, "from" | "to">): void {
    this.#actions[action]++;
    if (outcome.result === "failed") this.#failed++;
    this.#tally.settle({ ...subject, ...outcome, action } as SyncOutcome);
  }

  /** An item is left alone. */
  skip(action: SyncAction, subject: Subject, reason: string): void {
    this.settle(action, subject, { result: "skipped", reason });
  }

  /** An item failed. */
  fail(action: SyncAction, subject: Subject, error: VfsError): void {
    this.settle(action, subject, { result: "failed", error });
  }

  /** Tells the last progress and gives the report. */
  report(): SyncReport {
    return {
      ...this.#tally.report(),
      kept: this.#actions.keep,
      actions: { ...this.#actions },
      dryRun: this.#options.dryRun ?? false,
      notDeleted: this.notDeleted,
    };
  }
}
