/**
 * The operations that we have asked of a peer, several at a time.
 *
 * @module
 */

import type { Bytes } from "../../../vfs/bytes/bytes.ts";
import type { Clock } from "../../../vfs/concurrency/clock.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { toAborted } from "../../../vfs/concurrency/signals.ts";
import { COMMAND, type CommandSet, encodeCommand, NO_DATASET } from "./command_set.ts";
import { AssociationFailed } from "./errors.ts";
import type { AcceptedContext } from "./negotiation.ts";
import { PduError } from "./pdu.ts";
import type { DatasetSink } from "./sink.ts";
import { classOf } from "./status.ts";
import type { OutgoingMessage } from "./pdu_writer.ts";
import type { UpperLayer } from "./upper_layer.ts";

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
  /** Ends the whole association when it fires, once the operation has begun. */
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
  readonly resolve: (response: CommandSet) => void;
  readonly reject: (error: unknown) => void;
  /** Message id, once it has been sent. */
  id?: number;
  /** What will be sent, where it was made before its turn. */
  prepared?: Prepared;
  /** When that was. */
  begin: number;
}

interface Prepared {
  readonly id: number;
  readonly message: OutgoingMessage;
}

/** The association that operations are invoked on. */
export interface OperationsOptions {
  readonly layer: UpperLayer;
  readonly clock: Clock;
  readonly url: string;
  /** Why nothing can be invoked any more, if so. */
  whyRefused(): VfsError | undefined;
  /** Why nothing can be sent any more, not even what has lined up, if so. */
  whyClosed(): VfsError | undefined;
  /** Ends the association. */
  abort(error: VfsError): void;
  /** Asks the peer to stop. */
  cancel(context: AcceptedContext, messageId: number): Promise<void>;
}

/**
 * What we have asked of a peer: as many operations at a time as were agreed on (PS3.7 §D.3.3.3). Further ones line
 * up, and each is sent in the moment in which a final response makes room for it.
 */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #linedUp = new Set<Pending>();
  #window = 1;
  #lastId = 0;
  #watchDue = Infinity;
  #cancelWatch: () => void = () => {};

  /** None yet. */
  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  /** Operations that the peer has been asked for. */
  get outstanding(): number {
    return this.#pending.size;
  }

  /** Something is under way, and nothing that can be cancelled. */
  get areBrief(): boolean {
    for (const { invocation } of this.#pending.values()) {
      const { CommandField } = invocation.command;
      if (CommandField !== COMMAND.C_STORE_RQ && CommandField !== COMMAND.C_ECHO_RQ) return false;
    }
    return this.#pending.size > 0;
  }

  /** Another is sent as soon as there is room for it. */
  get hasLinedUp(): boolean {
    return this.#linedUp.size > 0;
  }

  /** The one that has been under way for longest. */
  get first(): Invocation | undefined {
    const [first] = this.#pending.values();
    return first?.invocation;
  }

  /** So many may be under way at once. */
  get window(): number {
    return this.#window;
  }

  set window(count: number) {
    this.#window = count;
  }

  /** Invokes an operation as soon as the window allows. */
  invoke(invocation: Invocation): Operation {
    const { promise, resolve, reject } = Promise.withResolvers<CommandSet>();
    const pending: Pending = { invocation, resolve, reject, begin: 0 };
    return {
      done: this.#run(pending, promise),
      cancel: async () => {
        const { id } = pending;
        if (id === undefined || !this.#pending.has(id)) return;
        await this.#options.cancel(invocation.context, id);
      },
    };
  }

  /** Takes a response; gives the sink for its dataset. @throws `PduError` for one that was not asked for */
  respond(command: CommandSet): DatasetSink | undefined {
    const id = command.MessageIDBeingRespondedTo!;
    const pending = this.#pending.get(id);
    if (!pending || command.CommandField !== (pending.invocation.command.CommandField | 0x8000)) {
      throw new PduError(`A response answers message ${id}, which was not asked`);
    }
    const sink = pending.invocation.onResponse?.(command);
    if (classOf(command.Status!) === "pending") return sink;
    if (command.CommandDataSetType === NO_DATASET) return void this.#settle(id, pending, command);
    return {
      write: (chunk) => sink?.write(chunk),
      abort: (reason) => sink?.abort(reason),
      close: async () => {
        await sink?.close();
        this.#settle(id, pending, command);
      },
    };
  }

  /** Fails what is under way, and what has lined up. */
  rejectAll(error: VfsError): void {
    for (const { reject } of this.#linedUp) reject(error);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#linedUp.clear();
  }

  /** Nothing is waited for any more. */
  stopWatch(): void {
    this.#cancelWatch();
  }

  async #run(pending: Pending, promise: Promise<CommandSet>): Promise<CommandSet> {
    const { op, signal, dataset } = pending.invocation;
    const { url, abort } = this.#options;
    const onAbort = () => {
      const error = toAborted(signal!, op, url);
      pending.reject(error);
      if (pending.id !== undefined) return abort(this.#forOthers(error, "was aborted"));
      this.#linedUp.delete(pending);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const reason = this.#options.whyRefused();
      if (signal?.aborted) onAbort();
      else if (reason) pending.reject(reason);
      else if (this.#pending.size < this.#window) this.#start(pending);
      else {
        this.#linedUp.add(pending);
        this.#prepareNext();
      }
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      if (pending.id !== undefined) this.#pending.delete(pending.id);
      if (dataset && !(dataset instanceof Uint8Array)) await dataset.close();
    }
  }

  /** The peer will wait for the first of those that line up, so its message is made before that. */
  #prepareNext(): void {
    const [next] = this.#linedUp;
    if (!next || next.prepared) return;
    next.prepared = this.#message(next);
    this.#options.layer.prepare(next.prepared.message);
  }

  #message({ invocation: { context, command, dataset, padOdd } }: Pending): Prepared {
    const id = this.#nextId();
    const CommandDataSetType = dataset ? 0 : NO_DATASET;
    const encoded = encodeCommand({ ...command, MessageID: id, CommandDataSetType });
    return { id, message: { contextId: context.id, command: encoded, dataset, padOdd } };
  }

  #settle(id: number, { resolve }: Pending, response: CommandSet): void {
    this.#pending.delete(id);
    const [next] = this.#linedUp;
    if (!next || this.#pending.size >= this.#window) return resolve(response);
    this.#linedUp.delete(next);
    // At once, since the peer may wait for it now.
    const sent = this.#start(next);
    const goOn = () => {
      resolve(response);
      this.#prepareNext();
    };
    // Whoever asked reads the next file between two pieces, while the peer waits for the second: it is told after them.
    if (next.prepared && this.#options.layer.writesInPieces) sent.then(goOn);
    else goOn();
  }

  /** Resolves when the message has been sent, or has failed. */
  #start(pending: Pending): Promise<void> {
    const { layer, clock, abort, whyClosed } = this.#options;
    const { timeoutMs, op } = pending.invocation;
    const reason = whyClosed();
    if (reason) {
      pending.reject(reason);
      return Promise.resolve();
    }
    const { id, message } = pending.prepared ?? this.#message(pending);
    pending.id = id;
    this.#pending.set(id, pending);
    const sent = layer.send(message).catch((error) => {
      pending.reject(error);
      // The message is unfinished, so nothing else can be sent.
      if (layer.failure === undefined) {
        const reason = "the dataset could not be sent";
        abort(this.#forOthers(this.#failed("Aborted", reason, op, error), "could not be sent"));
      }
    });
    // The peer is at work meanwhile: the first timer of a process takes milliseconds.
    pending.begin = clock.now();
    if (pending.begin + timeoutMs < this.#watchDue) this.#watch();
    return sent;
  }

  /**
   * Aborts when an operation is over its time, and looks again when the next may be. The timer is left alone
   * between operations: to make one costs as much as an echo.
   */
  #watch(): void {
    this.#cancelWatch();
    this.#watchDue = Infinity;
    const { clock, layer, abort } = this.#options;
    const now = clock.now();
    for (const { begin, reject, invocation: { timeoutMs, op } } of this.#pending.values()) {
      const due = Math.max(begin, layer.lastActivity) + timeoutMs;
      if (due <= now) {
        const reason = `${layer.stillness} for ${timeoutMs / 1000} s`;
        const error = this.#failed("TimedOut", reason, op);
        reject(error);
        return abort(this.#forOthers(error, "was not answered"));
      }
      this.#watchDue = Math.min(this.#watchDue, due);
    }
    if (this.#watchDue === Infinity) return;
    // It outlives operations; while there is one, its connection keeps the process running.
    this.#cancelWatch = clock.schedule(() => this.#watch(), this.#watchDue - now, true);
  }

  /** Why the association ends: what is the fault of one operation is none of the others, which may be tried again. */
  #forOthers(error: VfsError, what: string): VfsError {
    const { url } = this.#options;
    if (this.#pending.size + this.#linedUp.size < 2) return error;
    const reason = `another operation on the association ${what}`;
    return new AssociationFailed("Unavailable", { op: "use", url, reason, cause: error });
  }

  #nextId(): number {
    do this.#lastId = this.#lastId % 0xFFFF + 1; while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  #failed(kind: "TimedOut" | "Aborted", reason: string, op: string, cause?: unknown): VfsError {
    return new AssociationFailed(kind, { op, url: this.#options.url, reason, cause });
  }
}
