/**
 * What `sync` and `check` tell while they work.
 *
 * @module
 */

import type { SyncAction, SyncOutcome, SyncReport } from "../vfs/sync/options.ts";
import { type Progress, TransferFailed } from "../vfs/copy/transfer.ts";
import { BrokenPipe } from "./console.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit_code.ts";
import { Failures } from "./failures.ts";
import { progressText } from "./progress.ts";

/** How much to tell. */
export interface SyncRunOptions {
  /** The words for what is to be done about items; those without a word are not named. */
  readonly words: Readonly<Partial<Record<SyncAction, string>>>;
  /** As records. */
  readonly json?: boolean;
  /** Also what is the same. */
  readonly verbose?: boolean;
  /** Gets every outcome, too. */
  readonly log?: (outcome: SyncOutcome) => void;
  /** Gets what was done, where the run was interrupted. */
  readonly onInterrupted?: (counts: SyncCounts) => void;
}

/** What was done until now. */
export type SyncCounts = Pick<
  SyncReport,
  "actions" | "done" | "skipped" | "failed" | "bytes" | "elapsedMs"
>;

/** The callbacks of a run. */
export interface SyncCallbacks {
  readonly onOutcome: (outcome: SyncOutcome) => void;
  readonly onKept?: (outcome: SyncOutcome) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** Runs `action` with a progress line, and tells each outcome once. A report of failures is told already. */
export async function tellSync<R>(
  context: Context,
  options: SyncRunOptions,
  action: (callbacks: SyncCallbacks) => Promise<R>,
): Promise<R> {
  const { console, signal, global } = context;
  const shows = console.stderr.isTerminal && !global.quiet;
  const start = performance.now();
  let last: Progress | undefined;
  const show = () => {
    const elapsedMs = performance.now() - start;
    // A short one is done before it could be read.
    if (!last || elapsedMs < 300) return;
    console.status(progressText({ ...last, elapsedMs }, console.stderr.columns - 1));
  };
  const timer = shows ? setInterval(show, 500) : undefined;
  const failures = new Failures(context, options.verbose);
  const counts = { done: 0, skipped: 0, failed: 0, bytes: 0 };
  const actions = { copy: 0, update: 0, delete: 0, keep: 0, skip: 0, conflict: 0, error: 0 };
  const tell = (outcome: SyncOutcome) => {
    const { action, result, bytes = 0 } = outcome;
    // Those that an interruption cut off are no news.
    if (result !== "failed") actions[action]++;
    if (result !== "failed" || !signal.aborted) counts[result]++;
    counts.bytes += bytes;
    options.log?.(outcome);
    tellOutcome(context, options, failures, outcome);
  };
  const isAsked = options.verbose || options.log !== undefined;
  try {
    return await action({
      onOutcome: tell,
      onKept: isAsked ? tell : undefined,
      onProgress: shows
        ? (progress) => {
          last = progress;
          show();
        }
        : undefined,
    });
  } catch (error) {
    if (signal.aborted && !(signal.reason instanceof BrokenPipe)) {
      options.onInterrupted?.({ ...counts, actions, elapsedMs: performance.now() - start });
    }
    if (signal.aborted || !(error instanceof TransferFailed)) throw error;
    return error.report as R;
  } finally {
    clearInterval(timer);
    console.status("");
    failures.tellOthers();
    // The sum on stderr comes after what it sums up.
    await console.flush();
  }
}

function tellOutcome(
  context: Context,
  { words, json, verbose }: SyncRunOptions,
  failures: Failures,
  outcome: SyncOutcome,
): void {
  const { console, signal } = context;
  const { action, path, result, reason, error, warnings = [] } = outcome;
  if (result === "failed") {
    if (error && !signal.aborted) {
      failures.tell(error, error.message.includes(outcome.from) ? undefined : outcome.from);
    } else context.count(EXIT.failed);
  } else context.countDone();
  if (json) {
    // The report counts them; a million lines of what did not change are for who asks for them.
    if (action === "keep" && result !== "failed" && !verbose) return;
    console.json({ ...outcome, warnings: warnings.length > 0 ? warnings : undefined });
    return;
  }
  const name = console.safe(path);
  for (const warning of warnings) {
    console.warning(`medvfs ${context.command}: "${name}": ${warning}`);
  }
  if (result === "failed") return;
  if (action === "skip") context.note(`skipped ${path}: ${reason}`);
  const word = action === "keep" && verbose ? "same" : words[action];
  if (word !== undefined) console.line(`${word} ${name}`);
}
