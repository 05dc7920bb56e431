/**
 * How a node is set up.
 *
 * @module
 */

import type { ServerTls } from "../../transports/dicom/dimse/mod.ts";
import type { Clock } from "../../vfs/concurrency/clock.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { DicomService } from "./faults.ts";
import type { Relational, ResultLimit } from "./find.ts";
import type { Duplicates } from "./store.ts";
import type { DicomLogEntry } from "./request_log.ts";
import type { DicomPeer } from "./destination.ts";
import type { IndexProgress } from "./scan.ts";

/** How a node is set up. */
export interface DicomNodeOptions {
  /** Our AE title. @default {"MEDVFS"} */
  readonly aeTitle?: string;
  /** Folder on any transport, or an archive such as a zip, whose DICOM files are served and into which instances are stored. @default {an empty one in memory} */
  readonly root?: string | URL | Location;
  /** The filesystem that `root` is in. @default {one with the built-in drivers} */
  readonly vfs?: Vfs;
  /** Where to listen. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port; 0 for a free one. @default {0} */
  readonly port?: number;
  /** Certificate and key, for TLS. @default {none, plain TCP} */
  readonly tls?: ServerTls;
  /** SQLite file of the index, kept over restarts. @default {a temporary one} */
  readonly index?: string;
  /** Where C-MOVE can send to, by AE title. */
  readonly peers?: Readonly<Record<string, DicomPeer>>;
  /** Services besides C-ECHO; C-STORE only where the folder can be written to. @default {all} */
  readonly services?: readonly DicomService[];
  /**
   * What to do with an instance that is there already, but not with the same bytes: refuse it with 0111H, replace what
   * is there, or keep that and answer success. What is there with the same bytes stays untouched unless it is to be replaced. @default {"refuse"}
   */
  readonly duplicates?: Duplicates;
  /** When queries and retrievals may leave out the unique keys of the levels above. @default {"negotiated"} */
  readonly relational?: Relational;
  /** Limits the answers to a query. */
  readonly limit?: ResultLimit;
  /** Reject requests that call another AE title. @default {false} */
  readonly requireCalledAET?: boolean;
  /** Longest P-DATA-TF that we take, in bytes, 0 for any. @default {262_144} */
  readonly maxLength?: number;
  /** Associations at once. @default {64} */
  readonly maxAssociations?: number;
  /** Hears how far the index has come, before the node answers. */
  readonly onProgress?: (progress: IndexProgress) => void;
  /** Hears of each request that was answered. */
  readonly onRequest?: (entry: DicomLogEntry) => void;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
  /** Time; the system's. */
  readonly clock?: Clock;
}
