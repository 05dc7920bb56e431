/**
 * Sums of reports.
 *
 * @module
 */

import type { CheckReport, SyncAction, SyncReport } from "../sync/options.ts";
import { MAX_PROBLEMS, type TransferReport } from "./transfer.ts";

/** Both in one. */
function plus(a: TransferReport, b: TransferReport): TransferReport {
  return {
    done: a.done + b.done,
    warned: a.warned + b.warned,
    skipped: a.skipped + b.skipped,
    failed: a.failed + b.failed,
    bytes: a.bytes + b.bytes,
    elapsedMs: a.elapsedMs + b.elapsedMs,
    problems: [...a.problems, ...b.problems].slice(0, MAX_PROBLEMS),
  };
}

/** Both in one. */
export function plusSync(a: SyncReport, b: SyncReport): SyncReport {
  const names = Object.keys(a.actions) as SyncAction[];
  const sums = names.map((name) => [name, a.actions[name] + b.actions[name]] as const);
  return {
    ...plus(a, b),
    kept: a.kept + b.kept,
    actions: Object.fromEntries(sums) as SyncReport["actions"],
    dryRun: a.dryRun,
    notDeleted: a.notDeleted ?? b.notDeleted,
  };
}

/** Both in one. */
export function plusCheck(a: CheckReport, b: CheckReport): CheckReport {
  return {
    same: a.same && b.same,
    matching: a.matching + b.matching,
    differing: a.differing + b.differing,
    missing: a.missing + b.missing,
    extra: a.extra + b.extra,
    skipped: a.skipped + b.skipped,
    failed: a.failed + b.failed,
    elapsedMs: a.elapsedMs + b.elapsedMs,
    problems: [...a.problems, ...b.problems].slice(0, MAX_PROBLEMS),
  };
}
