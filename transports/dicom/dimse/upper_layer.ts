/**
 * The state machine of the upper layer.
 *
 * @module
 */

import type { Clock } from "../../../vfs/concurrency/clock.ts";
import { isVfsError, type VfsError } from "../../../vfs/errors.ts";
import { Connection, isConnectionError } from "./connection.ts";
import { Ending } from "./ending.ts";
import {
  type Abort,
  ABORT_REASON,
  type AssociateAc,
  type AssociateRj,
  type AssociateRq,
  type ControlPdu,
  PduError,
} from "./pdu.ts";
import type { Fragment } from "./pdu_reader.ts";
import type { NextPdu, OutgoingMessage } from "./pdu_writer.ts";
import type { Socket } from "./socket.ts";
import { type Action, type State, type StateEvent, transition } from "./state_machine.ts";

/** Who uses the upper layer hears of these. */
export interface UpperLayerUser {
  /** The peer asks for an association; calls `accept` or `reject` of the layer. */
  requested?(pdu: AssociateRq): void;
  /** The peer accepted ours. */
  accepted?(pdu: AssociateAc): void;
  /** A piece of a message; the next is read when this has settled. @throws `PduError` to abort */
  data(fragment: Fragment): Promise<void> | void;
  /** What comes had better be handed on with its end, as long as that is not waited for. */
  isGathered(): boolean;
  /** What will be sent once the peer has said what is waited for, where that is certain. */
  nextPdu(): NextPdu | undefined;
  /** The beginning of that was sent. */
  begun(): void;
  /** The context of our next answer, where one is certain; see {@linkcode ConnectionOptions.nextAnswer}. */
  nextAnswer(coming: number | undefined): number | undefined;
  /** The peer wants to end; the layer answers it. */
  releaseRequested(): void;
  /** All is over and the socket is freed; `error` unless both sides agreed to end. Called once. */
  closed(error?: VfsError): void;
}

/** What an upper layer is made from. */
export interface UpperLayerOptions {
  /** The connection, established. */
  readonly socket: Socket;
  /** Who asked for the association. */
  readonly role: "requestor" | "acceptor";
  /** Time. */
  readonly clock: Clock;
  /** `dicom://HOST:PORT/CALLED`, for errors. */
  readonly url: string;
  /** Longest P-DATA-TF that we take. */
  readonly maxLength: number;
  /** ARTIM, in milliseconds: for a request to come, and for the peer to close after we answered. */
  readonly artimMs: number;
  /** How long a peer may keep us waiting within a message, in milliseconds; see `Timeouts`. */
  readonly messageMs: number;
  /** Where indications go. */
  readonly user: UpperLayerUser;
}

/** How long a peer has to close after an A-ABORT, in milliseconds. */
const ABORT_LINGER_MS = 1000;

/** Runs the state machine of PS3.8 §9.2 over one connection. */
export class UpperLayer {
  readonly #options: UpperLayerOptions;
  readonly #connection: Connection;
  readonly #ending: Ending;
  #state: State = "Sta1";
  /** What was last asked to be written. */
  #written = Promise.resolve();
  #isDiscarding = false;
  #cancelArtim: () => void = () => {};
  #pending: PduError | undefined;
  readonly #onUnsent = (error: unknown) => this.#explainUnsent(error);

  /** Takes the connection over; nothing happens before `request` or `serve`. */
  constructor(options: UpperLayerOptions) {
    this.#options = options;
    this.#ending = new Ending(options.url);
    const onSlow = (reason: string) => {
      const error = this.#ending.failed("TimedOut", reason);
      this.abort(error);
      return error;
    };
    const { user } = options;
    const ahead = {
      nextPdu: () => user.nextPdu(),
      onBegun: () => user.begun(),
      nextAnswer: (coming?: number) => user.nextAnswer(coming),
      isGathered: () => user.isGathered(),
    };
    this.#connection = new Connection({ ...options, onSlow, ...ahead });
  }

  /** When bytes last moved in either direction, by the clock. */
  get lastActivity(): number {
    return this.#connection.lastActivity;
  }

  /** See {@linkcode Connection.stillness}. */
  get stillness(): string {
    return this.#connection.stillness;
  }

  /** See {@linkcode Socket.writesInPieces}. */
  get writesInPieces(): boolean {
    return this.#options.socket.writesInPieces ?? false;
  }

  /** The state of PS3.8 §9.2. */
  get state(): State {
    return this.#state;
  }

  /** Why the association is failing, from the first sign of it. */
  get failure(): VfsError | undefined {
    return this.#ending.error;
  }

  /** Asks for an association; the answer comes by the user's `accepted` or `closed`. */
  request(pdu: AssociateRq): void {
    this.#ending.asked = pdu;
    this.#fire("associate request");
    this.#fire("transport connected");
    this.#pump();
  }

  /** Waits for the peer to ask. */
  serve(): void {
    this.#fire("transport connection indication");
    this.#pump();
  }

  /** Accepts the request. */
  accept(pdu: AssociateAc): void {
    this.#fire("accept response", pdu);
  }

  /** Rejects the request. */
  reject(pdu: AssociateRj): void {
    this.#fire("reject response", pdu);
  }

  /**
   * The association has been negotiated: `peerMaxLength` is the longest P-DATA-TF that the peer takes, 0 for no limit.
   *
   * @throws `RangeError`
   */
  establish(peerMaxLength: number): void {
    this.#connection.setPeerMaxLength(peerMaxLength);
    this.#ending.asked = undefined;
  }

  /** What was begun and waits for its rest. */
  get begun(): NextPdu | undefined {
    return this.#connection.begun;
  }

  /** Has the PDUs of a message ready before it is sent, where it is short. */
  prepare(message: OutgoingMessage): void {
    this.#connection.prepare(message);
  }

  /** Sends a message. @throws the association's failure */
  send(message: OutgoingMessage): Promise<void> {
    if (!transition(this.#state, "data request") || this.begun === "A-RELEASE-RQ") {
      return Promise.reject(this.#ending.whyClosed);
    }
    return this.#connection.send(message).catch(this.#onUnsent);
  }

  /** Asks to end; `closed` follows. */
  release(): void {
    if (transition(this.#state, "release request")) this.#fire("release request");
  }

  /** Whether waiting for the peer keeps the process running. */
  hold(isHeld: boolean): void {
    this.#connection.hold(isHeld);
  }

  /** Ends at once: A-ABORT, then the socket is freed within a second. */
  abort(error: VfsError): void {
    this.#ending.note(error);
    if (transition(this.#state, "abort request")) {
      this.#fire("abort request", { type: "A-ABORT", source: 0, reason: 0 });
    } else this.#close();
  }

  /** Ends at once and tells the peer nothing. */
  drop(error: VfsError): void {
    this.#ending.note(error);
    this.#close();
  }

  /** Ends at once for a breach of the protocol, with an A-ABORT of the service provider. */
  refuse(error: PduError): void {
    this.#ending.note(this.#ending.broken(error, this.#state === "Sta5"));
    this.#pending = error;
    if (this.#state !== "Sta1") this.#fire("invalid PDU");
  }

  /** Reads until the end. */
  async #pump(): Promise<void> {
    try {
      while (this.#state !== "Sta1" && !this.#isDiscarding) {
        const coming = this.#connection.next();
        const next = coming instanceof Promise ? await coming : coming;
        if (next === undefined) return this.#fire("transport closed");
        if (next.type !== "fragment" || next.isLast) this.#connection.endMessage();
        if (next.type !== "fragment") this.#fire(next.type, next);
        else if (this.#state === "Sta6" || this.#state === "Sta7") {
          // A promise for each piece would cost more than what is done with it.
          const taking = this.#options.user.data(next);
          if (taking) await taking;
        } else this.#fire("P-DATA-TF");
      }
    } catch (error) {
      if (error instanceof PduError) this.refuse(error);
      else if (isVfsError(error)) {
        if (error !== this.failure) this.abort(error);
      } else {
        this.#ending.cause = error;
        if (this.#state !== "Sta1") this.#fire("transport closed");
      }
    }
    // Until the peer closes, or time is up.
    if (this.#state !== "Sta1") await this.#connection.discard();
    if (!this.#connection.isClosed) this.#fire("transport closed");
  }

  #fire(event: StateEvent, pdu?: ControlPdu): void {
    const found = transition(this.#state, event);
    if (found === undefined) return;
    this.#state = found.next;
    this.#act(found.action, pdu);
  }

  #act(action: Action, pdu?: ControlPdu): void {
    const { user, role, artimMs } = this.#options;
    switch (action) {
      case "AE-1":
        return;
      case "AE-2":
        return this.#write(this.#ending.asked!);
      case "AE-3":
        return user.accepted?.(pdu as AssociateAc);
      case "AE-4":
        this.#ending.note(this.#ending.rejected(pdu as AssociateRj));
        return this.#close();
      case "AE-5":
        return this.#startArtim(artimMs);
      case "AE-6":
        this.#cancelArtim();
        return user.requested?.(pdu as AssociateRq);
      case "AE-7":
        return this.#write(pdu!);
      case "AE-8":
        this.#write(pdu!, true);
        return this.#startArtim(artimMs);
      case "AR-1":
        return this.#write({ type: "A-RELEASE-RQ" });
      case "AR-2":
        user.releaseRequested();
        return this.#fire("release response");
      case "AR-3":
      case "AR-5":
      case "AA-2":
      case "AA-5":
        return this.#close();
      case "AR-4":
        this.#write({ type: "A-RELEASE-RP" });
        return this.#startArtim(artimMs);
      case "AR-8":
        if (role === "requestor") return this.#fire("release response");
        this.#state = "Sta10";
        return;
      case "AR-9":
        return this.#write({ type: "A-RELEASE-RP" });
      case "AR-10":
        return this.#fire("release response");
      case "AA-1":
        this.#endByAbort({ type: "A-ABORT", source: 0, reason: 0 });
        // A peer that has said nothing yet, since it serves others first, need not be waited for.
        if (this.#ending.asked) this.#written.then(() => this.#close());
        return;
      case "AA-3":
        this.#ending.note(this.#ending.aborted(pdu as Abort));
        return this.#close();
      case "AA-4":
        this.#ending.note(this.#ending.lost());
        return this.#close();
      case "AA-7":
        return this.#write({ type: "A-ABORT", source: 2, reason: ABORT_REASON.UNEXPECTED_PDU });
      case "AA-8": {
        const { abortReason: reason = ABORT_REASON.UNEXPECTED_PDU } = this.#pending ?? {};
        this.#ending.note(this.#ending.unexpected(pdu));
        return this.#endByAbort({ type: "A-ABORT", source: 2, reason });
      }
    }
  }

  #endByAbort(pdu: Abort): void {
    const { error = this.#ending.failed("Aborted", "the association was aborted") } = this.#ending;
    this.#connection.stop(error);
    this.#write(pdu, true);
    this.#isDiscarding = this.#pending !== undefined;
    this.#startArtim(ABORT_LINGER_MS);
  }

  async #explainUnsent(error: unknown): Promise<never> {
    if (this.failure) throw this.failure;
    if (!isConnectionError(error)) throw error;
    // What the peer said before it closed tells more than the failed write.
    await this.#connection.closedWithin(ABORT_LINGER_MS);
    this.#ending.cause ??= error;
    this.#ending.note(this.#ending.lost());
    this.#close();
    throw this.failure!;
  }

  /** Writes without waiting; where that fails, the reader notices the end as well. */
  #write(pdu: ControlPdu, isLast = false): void {
    // Its end is told by that of the connection, where something else was begun.
    if ((this.begun ?? pdu.type) !== pdu.type) return this.#close();
    this.#written = this.#connection.control(pdu, isLast)
      .catch((error) => void (this.#ending.cause ??= error));
  }

  #startArtim(ms: number): void {
    this.#cancelArtim();
    if (this.#connection.isClosed) return;
    this.#cancelArtim = this.#options.clock.schedule(() => this.#fire("ARTIM expired"), ms);
  }

  #close(): void {
    if (this.#connection.isClosed) return;
    this.#state = "Sta1";
    this.#cancelArtim();
    this.#connection.stop(this.#ending.whyClosed);
    this.#connection.close();
    this.#options.user.closed(this.failure);
  }
}
