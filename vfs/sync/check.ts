/**
 * Comparing two places.
 *
 * @module
 */

import { TransferFailed } from "../copy/transfer.ts";
import type { CheckOptions, CheckReport, SyncReport } from "./options.ts";
import { type SyncPlaces, syncTree } from "./sync.ts";

/** Compares the directory `source` with the directory `target`, and changes nothing. */
export async function checkTree(
  places: SyncPlaces,
  { oneWay = false, ...options }: CheckOptions = {},
): Promise<CheckReport> {
  const report = await planned(places, { ...options, dryRun: true, delete: !oneWay });
  const { actions, kept, failed, elapsedMs, problems } = report;
  const { copy, update, delete: extra, skip, conflict } = actions;
  return {
    same: copy + update + extra + failed === 0,
    matching: kept,
    differing: update + conflict,
    missing: copy,
    extra,
    skipped: skip,
    failed: failed - conflict,
    elapsedMs,
    problems,
  };
}

async function planned(
  places: SyncPlaces,
  options: Parameters<typeof syncTree>[1],
): Promise<SyncReport> {
  try {
    return await syncTree(places, options, "check");
  } catch (error) {
    // What could not be compared is in the report, beside what could.
    if (error instanceof TransferFailed) return error.report as SyncReport;
    throw error;
  }
}
