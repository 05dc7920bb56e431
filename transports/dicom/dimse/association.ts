/**
 * An association, once it is agreed on.
 *
 * @module
 */

import type { Bytes } from "../../../vfs/bytes/bytes.ts";
import type { Clock } from "../../../vfs/concurrency/clock.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { COMMAND, type CommandSet, encodeCommand, NO_DATASET } from "./command_set.ts";
import { DueAnswer } from "./due_answer.ts";
import { cEcho } from "./echo.ts";
import { AssociationAborted, AssociationFailed } from "./errors.ts";
import { MessageReceiver } from "./message_receiver.ts";
import type { AcceptedContext } from "./negotiation.ts";
import { type Invocation, type Operation, Operations } from "./operations.ts";
import type { AssociateAc, AssociateRq } from "./pdu.ts";
import type { Fragment } from "./pdu_reader.ts";
import type { NextPdu } from "./pdu_writer.ts";
import type { IncomingDataset } from "./sink.ts";
import type { Socket } from "./socket.ts";
import { type Timeouts, watchdog } from "./timeouts.ts";
import { VERIFICATION } from "./uids.ts";
import { UpperLayer } from "./upper_layer.ts";

/** Hears of a request of the peer; gives the sink for its dataset. @throws `PduError` to abort */
export type RequestListener = (
  association: Association,
  context: AcceptedContext,
  command: CommandSet,
) => IncomingDataset | undefined | void | Promise<IncomingDataset | undefined | void>;

/** What an association is made from. */
export interface AssociationInit {
  /** The connection. */
  readonly socket: Socket;
  /** Who asks for the association. */
  readonly role: "requestor" | "acceptor";
  /** Time. */
  readonly clock: Clock;
  /** `dicom://HOST:PORT/CALLED`, for errors. */
  readonly url: string;
  /** Longest P-DATA-TF that we take. */
  readonly maxLength: number;
  /** Time limits. */
  readonly timeouts: Timeouts;
  /** Where requests of the peer go. */
  readonly onRequest: RequestListener;
  /** The peer asks for the association. */
  onAssociate?(pdu: AssociateRq): void;
  /** The peer accepted ours. */
  onAccepted?(pdu: AssociateAc): void;
}

/** So long a message may have been begun, in milliseconds: Orthanc aborts when its rest does not come in a second. */
const BEGUN_MS = 400;

/** The layer below an association, for those that bring it about and keep it. */
export let layerOf: (association: Association) => UpperLayer;

/**
 * An association with a peer: operations in both directions, as many at a time as were agreed on. Made by
 * {@linkcode requestAssociation} and {@linkcode serveDicom}.
 */
export class Association implements AsyncDisposable {
  /** `dicom://HOST:PORT/CALLED`. */
  readonly url: string;
  /** Time limits. */
  readonly timeouts: Timeouts;
  /** Resolves when the socket is freed: with the error, unless both sides agreed to end. */
  readonly closed: Promise<VfsError | undefined>;
  /** Where requests of the peer go; C-GET takes them over while it runs. */
  onRequest: RequestListener;
  readonly #layer: UpperLayer;
  readonly #clock: Clock;
  readonly #receiver: MessageReceiver;
  readonly #operations: Operations;
  readonly #answers = new DueAnswer();
  #contexts: ReadonlyMap<number, AcceptedContext> = new Map();
  #request: AssociateRq | undefined;
  #answer: AssociateAc | undefined;
  #hasHeard = false;
  #isEnding = false;
  #finishing: Promise<void> | undefined;
  #stopBegun: (() => void) | undefined;
  #isClosed = false;
  #error: VfsError | undefined;

  static {
    layerOf = (association) => association.#layer;
  }

  /** Takes the connection over. */
  constructor(init: AssociationInit) {
    this.url = init.url;
    this.timeouts = init.timeouts;
    this.onRequest = init.onRequest;
    this.#clock = init.clock;
    const { promise, resolve } = Promise.withResolvers<VfsError | undefined>();
    this.closed = promise;
    this.#receiver = new MessageReceiver(
      (contextId, command) => this.#onCommand(contextId, command),
      (contextId) => this.#contexts.has(contextId),
    );
    const { socket, role, clock, url, maxLength, timeouts: { artimMs, messageMs } } = init;
    const user = {
      requested: init.onAssociate,
      accepted: init.onAccepted,
      data: (fragment: Fragment) => this.#receiver.accept(fragment),
      isGathered: () => this.#receiver.isGathered,
      nextPdu: () => role === "requestor" ? this.#nextPdu() : undefined,
      begun: () => this.#onBegun(),
      nextAnswer: (coming?: number) => role === "acceptor" ? this.#nextAnswer(coming) : undefined,
      releaseRequested: () => this.#onReleaseRequested(),
      closed: (error?: VfsError) => {
        this.#onClosed(error);
        resolve(this.#error);
      },
    };
    const layer = new UpperLayer({ socket, role, clock, url, maxLength, artimMs, messageMs, user });
    this.#layer = layer;
    this.#operations = new Operations({
      layer,
      clock,
      url,
      whyRefused: () => this.isOpen ? undefined : this.#whyClosed,
      whyClosed: () => this.#isEstablished ? undefined : this.#whyClosed,
      abort: (error) => void this.abort(error),
      cancel: (context, MessageIDBeingRespondedTo) =>
        this.send(context, { CommandField: COMMAND.C_CANCEL_RQ, MessageIDBeingRespondedTo }),
    });
  }

  /** Operations can be invoked. */
  get isOpen(): boolean {
    return this.#isEstablished && !this.#isEnding;
  }

  get #isEstablished(): boolean {
    return this.#layer.state === "Sta6" && this.#layer.failure === undefined;
  }

  /** Presentation contexts by id. */
  get contexts(): ReadonlyMap<number, AcceptedContext> {
    return this.#contexts;
  }

  /** What the requestor asked for. */
  get request(): AssociateRq {
    return this.#request!;
  }

  /** What the acceptor answered. */
  get answer(): AssociateAc {
    return this.#answer!;
  }

  /** When bytes last moved, by the clock in milliseconds. */
  get lastActivity(): number {
    return this.#layer.lastActivity;
  }

  /** Operations of ours that are under way. */
  get outstanding(): number {
    return this.#operations.outstanding;
  }

  /** Operations of ours that may be under way at once (PS3.7 §D.3.3.3); further ones line up. */
  get window(): number {
    return this.#operations.window;
  }

  /** The context for a SOP class, in one of the transfer syntaxes when these are given. */
  contextFor(sopClassUID: string, ...transferSyntaxUIDs: string[]): AcceptedContext | undefined {
    for (const context of this.#contexts.values()) {
      if (context.sopClassUID !== sopClassUID) continue;
      if (transferSyntaxUIDs.length === 0) return context;
      if (transferSyntaxUIDs.includes(context.transferSyntaxUID)) return context;
    }
  }

  /** Takes over what was agreed on. @throws `RangeError` when the peer takes no data */
  establish(
    request: AssociateRq,
    answer: AssociateAc,
    contexts: ReadonlyMap<number, AcceptedContext>,
    peerMaxLength: number,
  ): void {
    this.#request = request;
    this.#answer = answer;
    this.#contexts = contexts;
    const asked = request.user.asyncWindow;
    const granted = answer.user.asyncWindow;
    if (asked && granted) {
      const least = Math.min(asked.invoked || 0xFFFF, granted.invoked || 0xFFFF);
      this.#operations.window = Math.max(1, least);
    }
    this.#layer.establish(peerMaxLength);
  }

  /**
   * Invokes an operation as soon as the window allows. One that has lined up by then is sent in the moment in which
   * the one before it is answered.
   */
  invoke(invocation: Invocation): Operation {
    return this.#operations.invoke(invocation);
  }

  /** Sends a message that is no request: a response, a C-CANCEL. */
  send(context: AcceptedContext, command: CommandSet, dataset?: Bytes): Promise<void> {
    const CommandDataSetType = dataset ? 0 : NO_DATASET;
    const isAnswer = isResponse(command);
    if (isAnswer) this.#answers.answered(command);
    return this.#layer.send({
      contextId: context.id,
      command: encodeCommand({ ...command, CommandDataSetType }),
      dataset,
      isAnswer,
    });
  }

  /** Ends in agreement, by an A-ABORT when the peer does not answer in time; never throws. */
  async release(): Promise<void> {
    if (this.#isClosed) return;
    const finished = this.#finish();
    this.#isEnding = true;
    const cancel = this.#clock.schedule(
      () => this.abort(this.#failed("TimedOut", "the peer did not answer the release")),
      this.timeouts.releaseMs,
    );
    await finished;
    this.#layer.release();
    await this.closed;
    cancel();
  }

  /** Ends at once; operations under way reject with `error`. Resolves when the socket is freed, in a second. */
  async abort(error?: VfsError): Promise<void> {
    this.#layer.abort(error ?? this.#failed("Aborted", "the association was aborted"));
    this.#abandon(this.#layer.failure!);
    await this.closed;
  }

  /** Closes the connection without a word, as a crash does. */
  async drop(): Promise<void> {
    this.#layer.drop(this.#failed("Aborted", "the connection was dropped"));
    await this.closed;
  }

  /** Releases the association. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /**
   * What surely follows a C-STORE or C-ECHO that waits for its answer: another message, if need be an echo at the end; or
   * the release. During other operations peers look for a C-CANCEL, and for all of it once there is anything.
   */
  #nextPdu(): NextPdu | undefined {
    if (!this.#isEstablished || !this.#operations.areBrief) return undefined;
    if (!this.contextFor(VERIFICATION)) return undefined;
    if (this.#operations.hasLinedUp) return "P-DATA-TF";
    if (this.#isEnding) return "A-RELEASE-RQ";
    return this.#finishing ? undefined : "P-DATA-TF";
  }

  #nextAnswer(coming: number | undefined): number | undefined {
    if (!this.#isEstablished || this.#operations.outstanding > 0) return undefined;
    const context = coming === undefined ? undefined : this.#contexts.get(coming);
    return this.#answers.next(context)?.id;
  }

  /** Sees to it that a message follows. */
  #onBegun(): void {
    this.#stopBegun ??= watchdog(this.#clock, BEGUN_MS, () => this.lastActivity, () => {
      this.#stopBegun = undefined;
      this.#finish();
    }, true);
  }

  /** Sends the rest of a message that was begun before there was one. */
  #finish(): Promise<void> | undefined {
    if (this.#layer.begun !== "P-DATA-TF") return this.#finishing;
    // A failure is the end as well.
    return this.#finishing ??= cEcho(this).then(() => {}, () => {}).finally(() =>
      this.#finishing = undefined
    );
  }

  get #whyClosed(): VfsError {
    return this.#error ?? this.#layer.failure ??
      this.#failed("Unavailable", "the association is closed");
  }

  /** Some archives accept whatever is asked for, and abort when it comes to what they do not allow. */
  #explained(error: VfsError | undefined): VfsError | undefined {
    if (!(error instanceof AssociationAborted) || error.source !== 0) return error;
    const { first, outstanding } = this.#operations;
    // Of several nobody knows which it was.
    if (this.#hasHeard || !first || outstanding > 1) return error;
    const hint = `it may not allow this to "${this.request.callingAET}"`;
    return new AssociationAborted(first.op, this.url, error, hint, "PermissionDenied");
  }

  #onCommand(contextId: number, command: CommandSet): ReturnType<RequestListener> {
    const context = this.#contexts.get(contextId)!;
    this.#hasHeard = true;
    if (isResponse(command)) return this.#operations.respond(command);
    this.#answers.asked(context, command);
    return this.onRequest(this, context, command);
  }

  #onReleaseRequested(): void {
    this.#operations.rejectAll(this.#failed("Unavailable", "the peer released the association"));
  }

  #onClosed(error: VfsError | undefined): void {
    this.#isClosed = true;
    this.#error = this.#explained(error);
    this.#operations.stopWatch();
    this.#stopBegun?.();
    this.#abandon(this.#whyClosed);
  }

  /** Fails what is under way; a sink that is half full hears of it first. */
  #abandon(reason: VfsError): void {
    this.#receiver.abort(reason).catch(() => {
      // The sink's owner is told by the operation.
    });
    this.#operations.rejectAll(reason);
  }

  #failed(kind: "TimedOut" | "Unavailable" | "Aborted", reason: string): VfsError {
    return new AssociationFailed(kind, { op: "use", url: this.url, reason });
  }
}

function isResponse({ CommandField }: CommandSet): boolean {
  return (CommandField & 0x8000) !== 0;
}
