/**
 * Mirroring one place to another, and comparing two.
 *
 * @module
 */

export { checkTree } from "./check.ts";
export type {
  CheckOptions,
  CheckReport,
  CompareOptions,
  Comparison,
  SyncAction,
  SyncFilters,
  SyncOptions,
  SyncOutcome,
  SyncReport,
} from "./options.ts";
export { type SyncPlaces, syncTree } from "./sync.ts";
