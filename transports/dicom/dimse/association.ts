import type { Bytes } from "../../../vfs/bytes.ts";
import { readerOf } from "../../../vfs/bytes.ts";
import type { Clock } from "../../../vfs/clock.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { Semaphore } from "../../../vfs/semaphore.ts";
import { NEVER, throwIfAborted, toAborted } from "../../../vfs/signals.ts";
import { COMMAND, type CommandSet, encodeCommand, NO_DATASET } from "./command_set.ts";
import { AssociationAborted, AssociationFailed } from "./errors.ts";
import { MessageReceiver } from "./message_receiver.ts";
import type { AcceptedContext } from "./negotiation.ts";
import { type AssociateAc, type AssociateRq, PduError } from "./pdu.ts";
import type { Fragment } from "./pdu_reader.ts";
import type { DatasetSink } from "./sink.ts";
import type { Socket } from "./socket.ts";
import { classOf } from "./status.ts";
import type { Timeouts } from "./timeouts.ts";
import { UpperLayer } from "./upper_layer.ts";

/** Hears of a request of the peer; gives the sink for its dataset. @throws `PduError` to abort */
export type RequestListener = (
  association: Association,
  context: AcceptedContext,
  command: CommandSet,
) => DatasetSink | undefined | void | Promise<DatasetSink | undefined | void>;

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

/** One operation to invoke on the peer. */
export interface Invocation {
  /** Where. */
  readonly context: AcceptedContext;
  /** The command, without message id and dataset type. */
  readonly command: CommandSet;
  /** The dataset, if any. */
  readonly dataset?: Bytes;
  /** A dataset of odd length gets a zero byte. */
  readonly padOdd?: boolean;
  /** The operation as a verb, for errors. */
  readonly op: string;
  /** Time without a byte in either direction, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the whole association when it fires. */
  readonly signal?: AbortSignal;
  /** Hears of each response and says where its dataset goes. */
  onResponse?(response: CommandSet): DatasetSink | undefined;
}

/** An operation under way. */
export interface Operation {
  /** The final response. Rejects with the association's failure. */
  readonly done: Promise<CommandSet>;
  /** Sends C-CANCEL; the final response still comes. */
  cancel(): Promise<void>;
}

interface Pending {
  readonly invocation: Invocation;
  readonly begin: number;
  resolve(response: CommandSet): void;
  reject(error: unknown): void;
}

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
  readonly #pending = new Map<number, Pending>();
  #contexts: ReadonlyMap<number, AcceptedContext> = new Map();
  #request: AssociateRq | undefined;
  #answer: AssociateAc | undefined;
  #window = new Semaphore(1);
  #lastId = 0;
  #hasHeard = false;
  #watchDue = Infinity;
  #cancelWatch: () => void = () => {};
  #isClosed = false;
  #error: VfsError | undefined;

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
      releaseRequested: () => this.#onReleaseRequested(),
      closed: (error?: VfsError) => {
        this.#onClosed(error);
        resolve(this.#error);
      },
    };
    this.#layer = new UpperLayer({ socket, role, clock, url, maxLength, artimMs, messageMs, user });
  }

  /** The layer below. */
  get layer(): UpperLayer {
    return this.#layer;
  }

  /** Operations can be invoked. */
  get isOpen(): boolean {
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
    return this.#pending.size;
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
      this.#window = new Semaphore(Math.max(1, least));
    }
    this.#layer.setPeerMaxLength(peerMaxLength);
    this.#layer.wasEstablished = true;
  }

  /** Invokes an operation as soon as the window allows. */
  invoke(invocation: Invocation): Operation {
    let messageId: number | undefined;
    const done = this.#run(invocation, (id) => messageId = id);
    return {
      done,
      cancel: async () => {
        if (messageId === undefined || !this.#pending.has(messageId)) return;
        await this.send(invocation.context, {
          CommandField: COMMAND.C_CANCEL_RQ,
          MessageIDBeingRespondedTo: messageId,
        });
      },
    };
  }

  /** Sends a message that is no request: a response, a C-CANCEL. */
  send(context: AcceptedContext, command: CommandSet, dataset?: Bytes): Promise<void> {
    const CommandDataSetType = dataset ? 0 : NO_DATASET;
    return this.#layer.send({
      contextId: context.id,
      command: encodeCommand({ ...command, CommandDataSetType }),
      dataset,
    });
  }

  /** Ends in agreement, by an A-ABORT when the peer does not answer in time; never throws. */
  async release(): Promise<void> {
    if (this.#isClosed) return;
    const cancel = this.#clock.schedule(
      () => this.abort(this.#failed("TimedOut", "the peer did not answer the release")),
      this.timeouts.releaseMs,
    );
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

  async #run(invocation: Invocation, onStart: (id: number) => void): Promise<CommandSet> {
    const { op, signal = NEVER, dataset } = invocation;
    try {
      throwIfAborted(signal, op, this.url);
      const free = await this.#window.acquire(signal, this.url);
      try {
        return await this.#start(invocation, onStart);
      } finally {
        free();
      }
    } finally {
      if (dataset) await readerOf(dataset).close();
    }
  }

  async #start(invocation: Invocation, onStart: (id: number) => void): Promise<CommandSet> {
    const { op, signal, context, dataset, padOdd } = invocation;
    if (!this.isOpen) throw this.#whyClosed;
    const id = this.#nextId();
    onStart(id);
    const { promise, resolve, reject } = Promise.withResolvers<CommandSet>();
    const begin = this.#clock.now();
    this.#pending.set(id, { invocation, begin, resolve, reject });
    if (begin + invocation.timeoutMs < this.#watchDue) this.#watch();
    const onAbort = () => void this.abort(toAborted(signal!, op, this.url));
    signal?.addEventListener("abort", onAbort, { once: true });
    const CommandDataSetType = dataset ? 0 : NO_DATASET;
    const command = encodeCommand({ ...invocation.command, MessageID: id, CommandDataSetType });
    this.#layer.send({ contextId: context.id, command, dataset, padOdd }).catch((error) => {
      reject(error);
      // The message is unfinished, so nothing else can be sent.
      if (this.#layer.failure === undefined) {
        this.abort(this.#failed("Aborted", "the dataset could not be sent", op, error));
      }
    });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#pending.delete(id);
    }
  }

  /**
   * Aborts when an operation is over its time, and looks again when the next may be. The timer is left alone
   * between operations: to make one costs as much as an echo.
   */
  #watch(): void {
    this.#cancelWatch();
    this.#watchDue = Infinity;
    const now = this.#clock.now();
    for (const { begin, invocation: { timeoutMs, op } } of this.#pending.values()) {
      const due = Math.max(begin, this.lastActivity) + timeoutMs;
      if (due <= now) {
        const reason = `the peer did nothing for ${timeoutMs / 1000} s`;
        return void this.abort(this.#failed("TimedOut", reason, op));
      }
      this.#watchDue = Math.min(this.#watchDue, due);
    }
    if (this.#watchDue === Infinity) return;
    // It outlives operations; while there is one, its connection keeps the process running.
    this.#cancelWatch = this.#clock.schedule(() => this.#watch(), this.#watchDue - now, true);
  }

  get #whyClosed(): VfsError {
    return this.#error ?? this.#layer.failure ??
      this.#failed("Unavailable", "the association is closed");
  }

  /** Some archives accept whatever is asked for, and abort when it comes to what they do not allow. */
  #explained(error: VfsError | undefined): VfsError | undefined {
    if (!(error instanceof AssociationAborted) || error.source !== 0) return error;
    const [first] = this.#pending.values();
    if (this.#hasHeard || !first) return error;
    const hint = `it may not allow this to "${this.request.callingAET}"`;
    const { op } = first.invocation;
    return new AssociationAborted(op, this.url, error, hint, "PermissionDenied");
  }

  #nextId(): number {
    do this.#lastId = this.#lastId % 0xFFFF + 1; while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  #onCommand(contextId: number, command: CommandSet): ReturnType<RequestListener> {
    const context = this.#contexts.get(contextId)!;
    this.#hasHeard = true;
    if ((command.CommandField & 0x8000) === 0) return this.onRequest(this, context, command);
    const pending = this.#pending.get(command.MessageIDBeingRespondedTo!);
    if (!pending || command.CommandField !== (pending.invocation.command.CommandField | 0x8000)) {
      throw new PduError(
        `A response answers message ${command.MessageIDBeingRespondedTo}, which was not asked`,
      );
    }
    const sink = pending.invocation.onResponse?.(command);
    const isFinal = classOf(command.Status!) !== "pending";
    if (!isFinal) return sink;
    if (command.CommandDataSetType === NO_DATASET) return void pending.resolve(command);
    return {
      write: (chunk) => sink?.write(chunk),
      abort: (reason) => sink?.abort(reason),
      async close() {
        await sink?.close();
        pending.resolve(command);
      },
    };
  }

  #onReleaseRequested(): void {
    this.#rejectAll(this.#failed("Unavailable", "the peer released the association"));
  }

  #onClosed(error: VfsError | undefined): void {
    this.#isClosed = true;
    this.#error = this.#explained(error);
    this.#cancelWatch();
    this.#abandon(this.#whyClosed);
  }

  /** Fails what is under way; a sink that is half full hears of it first. */
  #abandon(reason: VfsError): void {
    this.#receiver.abort(reason).catch(() => {
      // The sink's owner is told by the operation.
    });
    this.#rejectAll(reason);
  }

  #rejectAll(error: VfsError): void {
    for (const { reject } of this.#pending.values()) reject(error);
  }

  #failed(
    kind: "TimedOut" | "Unavailable" | "Aborted",
    reason: string,
    op = "use",
    cause?: unknown,
  ): VfsError {
    return new AssociationFailed(kind, { op, url: this.url, reason, cause });
  }
}
