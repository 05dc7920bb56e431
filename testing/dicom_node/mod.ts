/**
 * A DICOM node over any folder, for tests, demonstrations and viewers.
 *
 * @module
 */

export { type DicomNode, serveDicomNode } from "./node.ts";
export type { DicomNodeOptions } from "./options.ts";
export type {
  DicomFault,
  DicomFaultKind,
  DicomFaultMatch,
  DicomFaults,
  DicomService,
} from "./faults.ts";
export type { IndexCounts } from "./index/instance_index.ts";
export type { DicomLogEntry, DicomRequestLog } from "./request_log.ts";
export type { DicomPeer } from "./destination.ts";
export type { Duplicates } from "./store.ts";
export type { IndexProgress } from "./scan.ts";
export type { Relational, ResultLimit } from "./find.ts";
