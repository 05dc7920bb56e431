/**
 * PDUs over a socket, within time limits.
 *
 * @module
 */

import type { Clock } from "../../../vfs/concurrency/clock.ts";
import type { VfsError } from "../../../vfs/errors.ts";
import { Pace } from "./pace.ts";
import { type ControlPdu, PDU_HEADER, PDV_HEADER } from "./pdu.ts";
import { type Fragment, PduReader } from "./pdu_reader.ts";
import { type NextPdu, type OutgoingMessage, PduWriter } from "./pdu_writer.ts";
import type { Socket } from "./socket.ts";

/** What a connection is made from. */
export interface ConnectionOptions {
  /** The socket, connected. */
  readonly socket: Socket;
  /** Time. */
  readonly clock: Clock;
  /** Longest P-DATA-TF that we take. */
  readonly maxLength: number;
  /** How long a peer may keep us waiting within a message, in milliseconds; see `Timeouts`. */
  readonly messageMs: number;
  /** Ends the association for a peer that is too slow, and gives the error for it. */
  readonly onSlow: (reason: string) => VfsError;
  /** What we shall send once the peer has said what we wait for, where that is certain. */
  readonly nextPdu: () => NextPdu | undefined;
  /** Hears that its beginning was sent. */
  readonly onBegun: () => void;
  /**
   * The context of our next answer, while more of a request is waited for and where that is certain; of a command whose
   * header has come, `coming` is the context.
   */
  readonly nextAnswer: (coming: number | undefined) => number | undefined;
  /** What comes had better be handed on with its end, as long as that is not waited for. */
  readonly isGathered: () => boolean;
}

/** The headers of a PDU and its first fragment. */
const HEADERS = PDU_HEADER + PDV_HEADER;
/** So long after them, in milliseconds, the rest does not come by chance: systems acknowledge after 40 ms or more. */
const STALL_MS = 30;
/** So long after anything else, in milliseconds, a peer that has waited before is taken to wait. */
const PAUSE_MS = 1;
/** What a read has waited for longer, in milliseconds, is handed on: there is time to write it before more comes. */
const QUICK_MS = 2;

/** A socket on which PDUs come and go, from and to a peer that may take its time, within limits. */
export class Connection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #reader: PduReader;
  readonly #writer: PduWriter;
  readonly #incoming: Pace;
  readonly #outgoing: Pace;
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #restart = () => {
    this.#unsent--;
    this.#outgoing.restart();
  };
  #isClosed = false;
  /** When bytes last moved in either direction, by the clock. */
  lastActivity: number;
  #isReading = false;
  #isQuick = false;
  #isWriting = false;
  #unsent = 0;
  /** Bytes of the last read, until something is sent. */
  #heard = 0;
  /** The peer has waited for an acknowledgement, as Nagle's algorithm has it. */
  #waits = false;
  /**
   * The peer writes the headers of a command by themselves, as DCMTK does, and what is built on it. Some that write whole
   * PDUs, as dicom-rs's tools do, read whole commands alone: to them the first fragment of an answer is all of it.
   */
  #isApart = false;

  /** Takes the socket over. */
  constructor(
    { socket, clock, maxLength, messageMs, onSlow, nextPdu, onBegun, nextAnswer, isGathered }:
      ConnectionOptions,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.lastActivity = clock.now();
    this.#incoming = new Pace(messageMs, "reading");
    this.#outgoing = new Pace(messageMs, "writing");
    const dueAnswer = () => nextAnswer(this.#reader.commandContext);
    const within = `a message in ${messageMs / 1000} s`;
    const read = async (buffer: Uint8Array) => {
      const next = this.#heard > 0 ? nextPdu() : undefined;
      const isCut = next !== undefined && this.#heard <= HEADERS;
      if (next && this.#waits && this.#writer.begin(next)) onBegun();
      this.#isApart ||= this.#heard === HEADERS && this.#reader.commandContext !== undefined;
      const keep = this.#waits && this.#isApart ? this.#beginAnswer(dueAnswer()) : undefined;
      const begin = clock.now();
      this.#isReading = true;
      const count = await socket.read(buffer).finally(() => keep?.());
      this.#isReading = false;
      this.lastActivity = clock.now();
      this.#isQuick = this.lastActivity - begin < QUICK_MS;
      if (this.lastActivity - begin >= STALL_MS && (isCut || dueAnswer() !== undefined)) {
        this.#waits = true;
      }
      this.#heard = count ?? 0;
      if (this.#incoming.keeps(this.lastActivity - begin, count ?? 0)) return count;
      throw onSlow(`the peer did not finish ${within}`);
    };
    const write = async (bytes: Uint8Array) => {
      this.#heard = 0;
      const writing = socket.write(bytes);
      // The peer is at work meanwhile.
      const begin = clock.now();
      this.#isWriting = true;
      const count = await writing;
      this.#isWriting = false;
      this.lastActivity = clock.now();
      if (this.#outgoing.keeps(this.lastActivity - begin, count)) return count;
      throw onSlow(`the peer did not take ${within}`);
    };
    const endsSoon = (reading: Promise<unknown>) =>
      new Promise<boolean>((resolve) => {
        const cancel = clock.schedule(() => resolve(false), STALL_MS);
        const end = () => {
          cancel();
          resolve(true);
        };
        reading.then(end, end);
      });
    this.#reader = new PduReader(
      { read, isGathered: () => this.#isQuick && isGathered(), endsSoon },
      maxLength,
    );
    this.#writer = new PduWriter({ write });
  }

  /** Sends some of our answer: at once where headers have come by themselves, else soon; gives what prevents that. */
  #beginAnswer(contextId: number | undefined): (() => void) | undefined {
    if (contextId === undefined) return;
    const begin = () => this.#writer.beginAnswer(contextId);
    if (this.#heard > HEADERS) return this.#clock.schedule(begin, PAUSE_MS);
    begin();
  }

  /** It was closed by us. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What keeps the connection still, for messages: the peer, or who takes what comes, or who gives what is sent. */
  get stillness(): string {
    if (!this.#isReading) return "what the peer sent was not taken";
    if (this.#unsent > 0 && !this.#isWriting) return "what was to be sent was not there";
    return "the peer did nothing";
  }

  /** The longest P-DATA-TF that the peer takes; 0 for no limit. @throws `RangeError` */
  setPeerMaxLength(length: number): void {
    this.#writer.setMaxLength(length);
  }

  /** See {@linkcode PduReader.next}. */
  next(): ControlPdu | Fragment | Promise<ControlPdu | Fragment | undefined> {
    return this.#reader.next();
  }

  /** What has come was the end of a message, so that nothing more is waited for. */
  endMessage(): void {
    this.#incoming.restart();
  }

  /** See {@linkcode PduWriter.prepare}. */
  prepare(message: OutgoingMessage): void {
    this.#writer.prepare(message);
  }

  /** Sends a message after all that was asked for before. */
  send(message: OutgoingMessage): Promise<void> {
    this.#unsent++;
    return this.#writer.message(message).then(this.#restart);
  }

  /** See {@linkcode PduWriter.begun}. */
  get begun(): NextPdu | undefined {
    return this.#writer.begun;
  }

  /** Sends a PDU after all that was asked for before, and with `isLast` the end of the stream. */
  async control(pdu: ControlPdu, isLast: boolean): Promise<void> {
    await this.#writer.control(pdu);
    if (isLast && !this.#isClosed) await this.#socket.closeWrite();
  }

  /** Ends messages at the end of a PDU; see {@linkcode PduWriter.stop}. */
  stop(reason: Error): void {
    this.#writer.stop(reason);
  }

  /** Whether waiting for the peer keeps the process running. */
  hold(isHeld: boolean): void {
    this.#socket.hold?.(isHeld);
  }

  /** Drops what still comes until either side has closed. */
  async discard(): Promise<void> {
    const buffer = new Uint8Array(65536);
    try {
      await this.#reader.idle;
      while (!this.#isClosed && await this.#socket.read(buffer) !== null);
    } catch {
      // A reset is an end as well.
    }
  }

  /** Waits until it is closed, `ms` milliseconds at most. */
  closedWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(resolve, ms);
      this.#closed.promise.then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Frees the socket. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#socket.close();
    this.#closed.resolve();
  }
}

/** Whether an error of a socket says that the connection is lost. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Error && "code" in error && typeof error.code === "string";
}
