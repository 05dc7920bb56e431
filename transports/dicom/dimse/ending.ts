/**
 * Why an association ended.
 *
 * @module
 */

import type { VfsError } from "../../../vfs/errors.ts";
import {
  AssociationAborted,
  AssociationFailed,
  AssociationNotEstablished,
  AssociationRejected,
} from "./errors.ts";
import type { Abort, AssociateRj, AssociateRq, ControlPdu, PduError } from "./pdu.ts";

type Kind = "Unavailable" | "Protocol" | "Aborted" | "TimedOut";

/** Why an association ends, in words: what is noticed first counts. */
export class Ending {
  /** What we asked for, and have no answer to yet. */
  asked: AssociateRq | undefined;
  /** What went wrong with the socket, if so. */
  cause: unknown;
  readonly #url: string;
  #error: VfsError | undefined;

  /** Nothing is wrong yet; `url` is for errors. */
  constructor(url: string) {
    this.#url = url;
  }

  /** The first error that was noted. */
  get error(): VfsError | undefined {
    return this.#error;
  }

  /** Why nothing can be sent any more. */
  get whyClosed(): VfsError {
    return this.#error ?? this.failed("Unavailable", "the association is closed");
  }

  /** Keeps the first error. */
  note(error: VfsError): void {
    this.#error ??= error;
  }

  /** An error by what the association was at. */
  failed(kind: Kind, reason: string, cause?: unknown): VfsError {
    const Failed = this.asked ? AssociationNotEstablished : AssociationFailed;
    return new Failed(kind, { op: this.#op, url: this.#url, reason, cause });
  }

  /** The peer refuses an association. */
  rejected(pdu: AssociateRj): VfsError {
    return new AssociationRejected(this.#url, pdu, this.asked!);
  }

  /** The peer ends the association. */
  aborted(pdu: Abort): VfsError {
    return new AssociationAborted(this.#op, this.#url, pdu);
  }

  /** The connection has ended. */
  lost(): VfsError {
    const hint = this.asked ? " without an answer; it may want TLS, or not let us in" : "";
    return this.failed("Unavailable", `the peer closed the connection${hint}`, this.cause);
  }

  /** The peer did what the protocol does not allow; `isFirst` when nothing else has come of it. */
  broken(error: PduError, isFirst: boolean): VfsError {
    const what = isFirst ? "this is not a DICOM peer" : "the peer broke the protocol";
    return this.failed("Protocol", `${what}: ${error.message}`, error);
  }

  /** The peer sent what cannot come in this state. */
  unexpected(pdu: ControlPdu | undefined): VfsError {
    return this.failed("Protocol", `the peer sent an unexpected ${pdu?.type ?? "PDU"}`);
  }

  get #op(): string {
    return this.asked ? "associate with" : "use";
  }
}
