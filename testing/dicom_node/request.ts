/**
 * A request from its arrival to its answer.
 *
 * @module
 */

import {
  type Association,
  ServiceFailed,
  statusOfError,
} from "../../transports/dicom/dimse/mod.ts";
import { type Clock, steadyClock } from "../../vfs/concurrency/clock.ts";
import { type ErrorKind, isVfsError } from "../../vfs/errors.ts";
import type { DicomFault, DicomService, Faults } from "./faults.ts";
import type { RequestLog } from "./request_log.ts";

/** Who hears of requests. */
export interface Watchers {
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly clock: Clock;
}

/** A request while it is answered, for the log and for faults. */
export class Request {
  /** QueryRetrieveLevel, once it is known. */
  level: string | undefined;
  /** Answers, or instances, so far. */
  count = 0;
  /** Bytes of datasets so far. */
  bytes = 0;
  /** What there is to say of it, unless it fails. */
  remark: string | undefined;
  readonly #world: Watchers;
  readonly #service: DicomService;
  readonly #association: Association;
  readonly #clock: Clock;
  readonly #begin: number;
  #isLogged = false;

  constructor(world: Watchers, service: DicomService, association: Association) {
    this.#world = world;
    this.#service = service;
    this.#association = association;
    this.#clock = steadyClock(world.clock);
    this.#begin = this.#clock.now();
  }

  /** The fault that falls on it; with `isPart`, on one of the instances that it sends. */
  fault(uid?: string, isPart?: boolean): DicomFault | undefined {
    const { callingAET } = this.#association.request;
    return this.#world.faults.take({ service: this.#service, callingAET, uid, isPart });
  }

  /** It is answered with `status`, unless its association has ended. Further calls say nothing. */
  end(status: number, failure?: ErrorKind, comment = this.remark): void {
    if (this.#isLogged) return;
    this.#isLogged = true;
    const { level, count, bytes } = this;
    this.#world.log.add({
      service: this.#service,
      callingAET: this.#association.request.callingAET,
      level,
      count,
      bytes,
      status: this.#association.isOpen ? status : undefined,
      failure,
      comment,
      durationMs: this.#clock.now() - this.#begin,
    });
  }

  /** It is answered with the status of `error`, as `end` has it. */
  fail(error: unknown): void {
    const comment = error instanceof ServiceFailed ? error.comment : undefined;
    this.end(
      statusOfError(error, this.#service),
      isVfsError(error) ? error.kind : undefined,
      comment,
    );
  }
}
