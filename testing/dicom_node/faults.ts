/**
 * Faults on demand: what an archive or a network does wrong.
 *
 * @module
 */

import type { AssociateRj } from "../../transports/dicom/dimse/mod.ts";

/** The services of a node. */
export type DicomService = "C-STORE" | "C-FIND" | "C-GET" | "C-MOVE";

/** Timers of the platform fire at once when they are to wait for longer. */
export const MAX_DELAY_MS = 2 ** 31 - 1;

/** What goes wrong. */
export type DicomFaultKind =
  /** Rejects the association (PS3.8 §9.3.4), a permanent rejection without reason or a transient congestion. */
  | { readonly reject: "permanent" | "transient" | Omit<AssociateRj, "type"> }
  /**
   * Answers with this status. A failure: nothing is stored, answered or sent. A warning of C-STORE: the instance is
   * stored all the same. With `uid`, C-GET and C-MOVE only fail to send that instance.
   */
  | { readonly status: number }
  /** Aborts: after so many bytes of a dataset (C-STORE, C-GET), or so many answers (C-FIND). */
  | { readonly abort: number }
  /** Closes the connection likewise, without a word. */
  | { readonly drop: number }
  /** Goes silent likewise: the association stays open, and nothing more comes. */
  | { readonly stall: number }
  /** Says that all is well, and keeps nothing of what it got (C-STORE). */
  | { readonly lose: true }
  /** Waits so many milliseconds, at most 2147483647, before each answer, and before each instance that it sends. */
  | { readonly delay: number };

/** Which requests go wrong. */
export interface DicomFaultMatch {
  /** Service; any. A rejection is of no service. */
  readonly service?: DicomService;
  /** SOP instance that is stored, or sent; any. */
  readonly uid?: string;
  /** AE title that asks; any. */
  readonly callingAET?: string;
  /** How many requests to let through first; 0. */
  readonly after?: number;
  /** How many requests go wrong; 1. `Infinity` is all. */
  readonly times?: number;
}

/** A fault. */
export type DicomFault = DicomFaultKind & DicomFaultMatch;

/** Makes a node fail. */
export interface DicomFaults {
  /** Adds a fault; the function returned takes it away again. @throws `RangeError` for a delay that no timer waits for */
  inject(fault: DicomFault): () => void;
  /** Faults that still wait for a request. */
  readonly pending: number;
  /** Takes all faults away. What is stalled stays so until its association ends. */
  clear(): void;
}

/** A request, as far as faults look at it. */
export interface FaultOccasion {
  /** Undefined for an association. */
  readonly service?: DicomService;
  /** The instance that is stored, or sent. */
  readonly uid?: string;
  /** It is one of many that are sent: only faults that name it are meant. */
  readonly isPart?: boolean;
  readonly callingAET: string;
}

interface Armed {
  readonly fault: DicomFault;
  skip: number;
  left: number;
}

/** Faults, with the door for the node. */
export class Faults implements DicomFaults {
  #armed: Armed[] = [];

  get pending(): number {
    return this.#armed.length;
  }

  inject(fault: DicomFault): () => void {
    if ("delay" in fault && !(fault.delay >= 0 && fault.delay <= MAX_DELAY_MS)) {
      throw new RangeError(`Cannot delay by ${fault.delay} ms: at most ${MAX_DELAY_MS}`);
    }
    const armed = { fault, skip: fault.after ?? 0, left: fault.times ?? 1 };
    this.#armed.push(armed);
    return () => void (this.#armed = this.#armed.filter((each) => each !== armed));
  }

  clear(): void {
    this.#armed = [];
  }

  /** The fault that falls on a request, the first that was injected. */
  take(occasion: FaultOccasion): DicomFault | undefined {
    for (const armed of this.#armed) {
      if (!meant(armed.fault, occasion)) continue;
      if (armed.skip > 0) {
        armed.skip--;
        continue;
      }
      armed.left--;
      this.#armed = this.#armed.filter(({ left }) => left > 0);
      return armed.fault;
    }
  }
}

function meant(fault: DicomFault, occasion: FaultOccasion): boolean {
  const { service, uid, isPart, callingAET } = occasion;
  if ("reject" in fault !== (service === undefined)) return false;
  if (fault.service !== undefined && fault.service !== service) return false;
  if (fault.callingAET !== undefined && fault.callingAET !== callingAET) return false;
  return fault.uid === undefined ? !isPart : fault.uid === uid;
}

/** The rejection of a fault. */
export function rejectionOf(fault: DicomFault | undefined): Omit<AssociateRj, "type"> | undefined {
  if (!fault || !("reject" in fault)) return;
  if (fault.reject === "permanent") return { result: 1, source: 1, reason: 1 };
  if (fault.reject === "transient") return { result: 2, source: 3, reason: 1 };
  return fault.reject;
}
