/**
 * What copying, moving and removing share: options, progress, the report.
 *
 * @module
 */

import { isVfsError, redactUrl, VfsError } from "../errors.ts";
import type { OpOptions } from "../options.ts";

/** How far a transfer is. Totals grow while directories are still being listed. */
export interface Progress {
  /** Files done: copied, removed, skipped or failed. */
  readonly files: number;
  /** Files found so far. */
  readonly totalFiles: number;
  /** Bytes moved so far, also of files under way. */
  readonly bytes: number;
  /** Bytes of the files found so far, as far as listings tell sizes. */
  readonly totalBytes: number;
  /** True when everything is listed, so that the totals are final. */
  readonly listed: boolean;
  /** Mean rate so far, in bytes per second. */
  readonly bytesPerSecond: number;
  /** Milliseconds since the start. */
  readonly elapsedMs: number;
  /** The file last begun or ended. */
  readonly url: string;
}

/**
 * How it is known that a file was copied whole: the digest of what was stored is that of what was read; the size is;
 * or the destination acknowledged it and tells neither.
 */
export type Verification = "digest" | "size" | "reply";

/** What became of one file. */
export interface Outcome {
  /** Where it was. */
  readonly from: string;
  /** Where it went, for copies; where it is, once the destination told. */
  readonly to?: string;
  /** What became of it. */
  readonly result: "done" | "skipped" | "failed";
  /** Bytes moved. */
  readonly bytes?: number;
  /** What was compared, for copies. */
  readonly verified?: Verification;
  /** What the destination changed or complained about, although it stored it. */
  readonly warnings?: readonly string[];
  /** Why it was skipped. */
  readonly reason?: string;
  /** Why it failed. */
  readonly error?: VfsError;
}

/**
 * Options of `copy`, `move` and `remove`. What one of the callbacks throws aborts the transfer, and is what that fails with
 * once all under way was told.
 */
export interface TransferOptions extends OpOptions {
  /** Called as things move, at most ten times a second, and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** In a notebook, tell in the cell how far it is when it takes long. @default {true without `onProgress`} */
  readonly progress?: boolean;
  /** Called once for every file. */
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Files at once. @default {8, or less where a transport bears less} */
  readonly concurrency?: number;
}

/** What a transfer did; its numbers add up to the files found. */
export interface TransferReport {
  /** Files copied, moved or removed. */
  readonly done: number;
  /** Files among these that the destination warned about. */
  readonly warned: number;
  /** Files left alone. */
  readonly skipped: number;
  /** Files and directories that failed. */
  readonly failed: number;
  /** Bytes moved. */
  readonly bytes: number;
  /** Milliseconds. */
  readonly elapsedMs: number;
  /** The first 1,000 outcomes that are not `done`, or have warnings. */
  readonly problems: readonly Outcome[];
}

/** Some files of a transfer failed; the others are done. `report` tells which. */
export class TransferFailed extends VfsError {
  /** `TransferFailed`, whatever a bundler makes of the class. */
  override readonly name = "TransferFailed";
  /** What was done, and what not. */
  readonly report: TransferReport;

  /** Made at the end of a transfer. */
  constructor(op: string, url: string, report: TransferReport) {
    const first = report.problems.find(({ result }) => result === "failed");
    const { failed, done } = report;
    const { message } = first?.error ?? { message: "" };
    super("PartialFailure", {
      op,
      url,
      reason: `${failed} failed, ${done} done; first: ${message}`,
      cause: first?.error,
    });
    this.report = report;
  }

  /** A plain record for machines. */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), report: this.report };
  }
}

/** Most problems that a report names. */
export const MAX_PROBLEMS = 1000;
const TICK_MS = 100;

/** Counts what happens in a transfer and tells it. */
export class Tally {
  #done = 0;
  #warned = 0;
  #skipped = 0;
  #failed = 0;
  #passed = 0;
  #bytes = 0;
  #totalFiles = 0;
  #totalBytes = 0;
  #listed = false;
  #url = "";
  #lastTick = -Infinity;
  readonly #start = performance.now();
  readonly #problems: Outcome[] = [];

  constructor(readonly options: TransferOptions) {}

  /** A file was found. */
  found(size: number | undefined): void {
    this.#totalFiles++;
    this.#totalBytes += size ?? 0;
  }

  /** Everything was found. */
  listed(): void {
    this.#listed = true;
  }

  /** Bytes were moved; a negative number takes back those of a try that failed. */
  moved(bytes: number, url: string): void {
    this.#bytes += bytes;
    this.#url = url;
    this.#tick();
  }

  /** A file, or a directory that failed, is dealt with. */
  settle(outcome: Outcome): void {
    const { result, warnings = [] } = outcome;
    const isPlain = result === "done" && warnings.length === 0;
    if (result === "done") this.#done++;
    else if (result === "skipped") this.#skipped++;
    else this.#failed++;
    if (warnings.length > 0) this.#warned++;
    if (!isPlain && this.#problems.length < MAX_PROBLEMS) this.#problems.push(outcome);
    this.#url = outcome.from;
    this.options.onOutcome?.(outcome);
    this.#tick();
  }

  /** Nothing need be done about a file that was found. */
  pass(): void {
    this.#passed++;
    this.#tick();
  }

  /** Tells the last progress and gives the report. */
  report(): TransferReport {
    this.options.onProgress?.(this.#progress());
    return {
      done: this.#done,
      warned: this.#warned,
      skipped: this.#skipped,
      failed: this.#failed,
      bytes: this.#bytes,
      elapsedMs: performance.now() - this.#start,
      problems: this.#problems,
    };
  }

  #tick(): void {
    if (!this.options.onProgress) return;
    const now = performance.now();
    if (now - this.#lastTick < TICK_MS) return;
    this.#lastTick = now;
    this.options.onProgress(this.#progress());
  }

  #progress(): Progress {
    const elapsedMs = performance.now() - this.#start;
    return {
      files: this.#done + this.#skipped + this.#failed + this.#passed,
      totalFiles: this.#totalFiles,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
      listed: this.#listed,
      bytesPerSecond: elapsedMs > 0 ? this.#bytes / elapsedMs * 1000 : 0,
      elapsedMs,
      url: this.#url,
    };
  }
}

/** `error` as a {@linkcode VfsError}. */
export function asVfsError(error: unknown, op: string, url: string): VfsError {
  return isVfsError(error)
    ? error
    : new VfsError("Unexpected", { op, url: redactUrl(url), cause: error });
}
