/**
 * Why an association, or an operation on it, failed.
 *
 * @module
 */

import { type ErrorKind, type ErrorStatus, VfsError } from "../../../vfs/errors.ts";
import { REJECTIONS } from "./rejection.ts";
import type { AssociateRj } from "./pdu.ts";

/** What the errors of this folder are made from. */
export interface DimseErrorOptions {
  /** The operation, as a verb: `associate with`, `store to`, `query`. */
  readonly op: string;
  /** `dicom://HOST:PORT/CALLED`. */
  readonly url: string;
  /** Sentence part, no full stop. */
  readonly reason?: string;
  /** Overrides the status that goes with the kind. */
  readonly status?: ErrorStatus;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** There is no association: nothing listens, no answer in time, no DICOM peer, or nothing acceptable. */
export class AssociationNotEstablished extends VfsError {
  /** The class, whatever a bundler makes of it. */
  override readonly name: string = "AssociationNotEstablished";
}

/** There is not even a connection, so that the peer has seen no request. */
export class NotConnected extends AssociationNotEstablished {}

/** An established association ended early: closed, released or timed out, or the peer broke the protocol. */
export class AssociationFailed extends VfsError {
  /** The class, whatever a bundler makes of it. */
  override readonly name: string = "AssociationFailed";
}

/** The peer refused the association (PS3.8 §9.3.4). */
export class AssociationRejected extends AssociationNotEstablished {
  /** The class, whatever a bundler makes of it. */
  override readonly name = "AssociationRejected";
  /** 1 permanent, 2 transient. */
  readonly result: number;
  /** 1 service user, 2 ACSE, 3 presentation layer. */
  readonly source: number;
  /** Depends on the source. */
  readonly reason: number;

  /** Makes the error; the AE titles tell which one was refused. */
  constructor(
    url: string,
    rejection: AssociateRj,
    titles: { readonly calledAET: string; readonly callingAET: string },
  ) {
    const { result, source, reason } = rejection;
    const code = `${result}/${source}/${reason}`;
    const meaning = REJECTIONS[`${source}/${reason}`];
    super(meaning?.kind ?? (source === 3 ? "RateLimited" : "Unavailable"), {
      op: "associate with",
      url,
      status: meaning?.status ?? (result === 2 ? "temporary" : "permanent"),
      reason: `the peer rejected the association, ${meaning?.text(titles) ?? "reason unknown"}` +
        ` (${code})`,
      detail: { text: code },
    });
    this.result = result;
    this.source = source;
    this.reason = reason;
  }
}

const ABORT_REASONS: Readonly<Record<number, string>> = {
  1: "unrecognised PDU",
  2: "unexpected PDU",
  4: "unrecognised PDU parameter",
  5: "unexpected PDU parameter",
  6: "invalid PDU parameter",
};

/** An A-ABORT ended the association (PS3.8 §9.3.8), the peer's or ours. */
export class AssociationAborted extends AssociationFailed {
  /** The class, whatever a bundler makes of it. */
  override readonly name = "AssociationAborted";
  /** 0 service user, 2 service provider. */
  readonly source: number;
  /** Reason of a service provider; 0 for none. */
  readonly reason: number;

  /** Makes the error; `hint` adds what may have led to it. */
  constructor(
    op: string,
    url: string,
    abort: { readonly source: number; readonly reason: number },
    hint?: string,
    kind: ErrorKind = "Unavailable",
  ) {
    const by = abort.source === 0 ? "service user" : "service provider";
    const why = abort.source === 0 ? undefined : ABORT_REASONS[abort.reason];
    super(kind, {
      op,
      url,
      reason: [`the peer aborted the association (${by}${why ? `, ${why}` : ""})`, hint]
        .filter(Boolean).join("; "),
      detail: { text: `${abort.source}/${abort.reason}` },
    });
    this.source = abort.source;
    this.reason = abort.reason;
  }
}

/** The peer answered an operation with a failure status; the association goes on. */
export class ServiceFailed extends VfsError {
  /** The class, whatever a bundler makes of it. */
  override readonly name = "ServiceFailed";
  /** DIMSE status (PS3.7 Annex C). */
  readonly code: number;
  /** What the status means for this service. */
  readonly meaning: string;
  /** What the peer said, (0000,0902). */
  readonly comment?: string;

  /** Makes the error. */
  constructor(
    kind: ErrorKind,
    options: DimseErrorOptions,
    failure: { readonly code: number; readonly meaning: string; readonly comment?: string },
  ) {
    const { code, meaning, comment } = failure;
    const hex = code.toString(16).toUpperCase().padStart(4, "0");
    super(kind, {
      ...options,
      reason: [options.reason, `status ${hex}H, ${meaning}`, comment && `"${comment}"`]
        .filter(Boolean).join(", "),
      detail: { dimse: code, text: comment },
    });
    this.code = code;
    this.meaning = meaning;
    this.comment = comment;
  }
}
