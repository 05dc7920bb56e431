/**
 * What the node was asked, for tests to look at.
 *
 * @module
 */

import type { ErrorKind } from "../../vfs/errors.ts";
import type { DicomService } from "./faults.ts";

/** One request that was answered. It tells nothing about people. */
export interface DicomLogEntry {
  /** Service. */
  readonly service: DicomService;
  /** AE title that asked. */
  readonly callingAET: string;
  /** QueryRetrieveLevel of a query or retrieval. */
  readonly level?: string;
  /** Answers given, or instances received or sent. */
  readonly count: number;
  /** Bytes of datasets received. */
  readonly bytes: number;
  /** Final status; undefined when the association ended first. */
  readonly status: number | undefined;
  /** What went wrong, where that is known. */
  readonly failure?: ErrorKind;
  /** … in words. */
  readonly comment?: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** What a node was asked. */
export interface DicomRequestLog {
  /** The last 10,000 requests, in the order in which they were answered. */
  readonly entries: readonly DicomLogEntry[];
  /** How many requests of a service were answered since the start, or since `clear`. */
  count(service: DicomService): number;
  /** Associations that were accepted. */
  readonly associations: number;
  /** Forgets all. */
  clear(): void;
}

const KEPT = 10_000;

/** The log, with the door for the node. */
export class RequestLog implements DicomRequestLog {
  #entries: DicomLogEntry[] = [];
  readonly #counts = new Map<DicomService, number>();
  associations = 0;
  readonly #onEntry: (entry: DicomLogEntry) => void;

  constructor(onEntry: (entry: DicomLogEntry) => void) {
    this.#onEntry = onEntry;
  }

  get entries(): readonly DicomLogEntry[] {
    return this.#entries.slice(-KEPT);
  }

  count(service: DicomService): number {
    return this.#counts.get(service) ?? 0;
  }

  add(entry: DicomLogEntry): void {
    this.#counts.set(entry.service, this.count(entry.service) + 1);
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * KEPT) this.#entries = this.#entries.slice(-KEPT);
    this.#onEntry(entry);
  }

  clear(): void {
    this.#entries = [];
    this.#counts.clear();
    this.associations = 0;
  }
}
