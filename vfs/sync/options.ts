/**
 * What `sync` and `check` take and tell.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import type { Location } from "../location/location.ts";
import type { OpOptions } from "../options.ts";
import type { Outcome, TransferOptions, TransferReport } from "../copy/transfer.ts";
import type { WalkOptions } from "../walk.ts";

/**
 * What is to be done about one item.
 *
 * - `copy`: only the source has it
 * - `update`: both have it, and it differs
 * - `delete`: only the destination has it
 * - `keep`: both have it, and it is the same
 * - `skip`: it is left alone, such as a link
 * - `conflict`: the destination cannot have it, such as a file where a directory is, or of a name that it refuses
 * - `error`: it could not be listed or compared
 */
export type SyncAction = "copy" | "update" | "delete" | "keep" | "skip" | "conflict" | "error";

/** What became of one item. */
export interface SyncOutcome extends Outcome {
  /** What was to be done about it. */
  readonly action: SyncAction;
  /** Path below the source, or below the destination for what only that has; of several, with their names in front. */
  readonly path: string;
}

/**
 * How files of one name are compared.
 *
 * - `auto`: by size; then by a digest that both sides know, else by the time of change where the destination keeps the
 *   times that it is given, else by a journal, else by content; for `check` by content, too, where the times differ
 * - `size`: by size alone, and by content where one is not known
 * - `checksum`: by size, and by digest; what a side does not know is computed by reading
 */
export type Comparison = "auto" | "size" | "checksum";

/** Which files take part, by path below the top with `/` and decoded; what these hide is never deleted. */
export type SyncFilters = Pick<WalkOptions, "match" | "skip" | "exts">;

/** Options that `sync` and `check` share. */
export interface CompareOptions extends SyncFilters {
  /** How files are compared. @default {"auto"} */
  readonly compare?: Comparison;
  /**
   * Whether a file takes part; asked after the other filters, and of no more files at once than are copied at once, so
   * that it may read a header. No other is reported.
   */
  readonly where?: (entry: Entry) => boolean | Promise<boolean>;
  /** Take what links of the source lead to. Otherwise links are skipped. @default {false} */
  readonly followSymlinks?: boolean;
}

/** Options of `sync`. */
export interface SyncOptions extends CompareOptions, Omit<TransferOptions, "onOutcome"> {
  /** Plan and tell, and change nothing. @default {false} */
  readonly dryRun?: boolean;
  /** Delete what only the destination has, once all else is done and nothing failed. @default {false} */
  readonly delete?: boolean;
  /** Delete nothing at all when more files than this would go. @default {Infinity} */
  readonly maxDelete?: number;
  /**
   * Where each file goes by its DICOM header, such as
   * `{PatientID}/{StudyDate}-{StudyTime}/{SeriesNumber}-{SeriesDescription}/{InstanceNumber}.dcm`. What is no DICOM
   * file is skipped.
   */
  readonly layout?: string;
  /**
   * Hand DICOM files to the importer of the destination, one study at a time, which files them by what is in them: of an
   * XNAT, below a project, a subject or a session. What is no DICOM file fails. @default {false}
   */
  readonly importer?: boolean;
  /** A file that remembers what was done, for pairs of places that cannot be compared, or not without reading. */
  readonly journal?: string | URL | Location;
  /** Look for each instance in an archive, by one list of each series, and leave those that it has. @default {false} */
  readonly exists?: boolean;
  /** Most bytes of content per second. @default {Infinity} */
  readonly bytesPerSecond?: number;
  /** Most operations begun per second, on source and destination together. @default {Infinity} */
  readonly operationsPerSecond?: number;
  /** Called once for every item but those that are the same. */
  readonly onOutcome?: (outcome: SyncOutcome) => void;
  /** Called for every item that is the same. */
  readonly onKept?: (outcome: SyncOutcome) => void;
  /** Told what a user may want to know, such as that a journal was damaged. Sentence parts. */
  readonly onNote?: (text: string) => void;
}

/** What a sync did. `done + kept + skipped + failed` are all items, and so are the `actions`. */
export interface SyncReport extends TransferReport {
  /** Items that are the same on both sides. */
  readonly kept: number;
  /** Items by what was to be done. */
  readonly actions: Readonly<Record<SyncAction, number>>;
  /** Nothing was done, only planned. */
  readonly dryRun: boolean;
  /** Why nothing was deleted, or would be, although there was something to delete. */
  readonly notDeleted?: string;
}

/** Options of `check`. */
export interface CheckOptions extends CompareOptions, OpOptions {
  /** What only the destination has is no difference. @default {false} */
  readonly oneWay?: boolean;
  /** Files compared at once. @default {8, or less where a transport bears less} */
  readonly concurrency?: number;
  /** Called for every item that is not the same. */
  readonly onOutcome?: (outcome: SyncOutcome) => void;
  /** Called for every item that is the same. */
  readonly onKept?: (outcome: SyncOutcome) => void;
  /** Called as things move, at most ten times a second, and at the end. */
  readonly onProgress?: TransferOptions["onProgress"];
  /** In a notebook, tell in the cell how far it is when it takes long. @default {true without `onProgress`} */
  readonly progress?: boolean;
}

/** How two places compare. */
export interface CheckReport {
  /** True when nothing differs, and everything could be compared. */
  readonly same: boolean;
  /** Items that are the same. */
  readonly matching: number;
  /** Items that both have, and that differ. */
  readonly differing: number;
  /** Items that only the source has. */
  readonly missing: number;
  /** Items that only the destination has. */
  readonly extra: number;
  /** Items that were left out, such as links. */
  readonly skipped: number;
  /** Items that could not be listed or compared. */
  readonly failed: number;
  /** Milliseconds. */
  readonly elapsedMs: number;
  /** The first 1,000 outcomes that are not the same. */
  readonly problems: readonly Outcome[];
}
