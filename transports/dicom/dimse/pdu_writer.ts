/**
 * Messages as PDUs, on their way out.
 *
 * @module
 */

import type { Bytes, ChunkReader } from "../../../vfs/bytes/bytes.ts";
import { BegunAnswer } from "./begun_answer.ts";
import { BATCH, COMMAND, DATASET, LAST, MAX_SEND_LENGTH, PduBatch } from "./pdu_batch.ts";
import { encodePdu } from "./pdu_encode.ts";
import { type ControlPdu, PDV_HEADER } from "./pdu.ts";

/** A PDU of which the beginning is known before the rest. */
export type NextPdu = "P-DATA-TF" | "A-RELEASE-RQ";

/** As far as it is: the length of what we send has a zero in front. */
const BEGINNING: Readonly<Record<NextPdu, Uint8Array>> = {
  "P-DATA-TF": Uint8Array.of(4, 0, 0),
  "A-RELEASE-RQ": Uint8Array.of(5, 0, 0),
};

/** Where bytes go; a socket, or a record in tests. */
export interface ByteOutput {
  /** Takes at least one byte from the start of `bytes` and tells how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** A command set, and the dataset that goes with it. */
export interface OutgoingMessage {
  /** Accepted presentation context. */
  readonly contextId: number;
  /** The encoded command set. */
  readonly command: Uint8Array<ArrayBuffer>;
  /** The encoded dataset. */
  readonly dataset?: Bytes;
  /** A dataset of odd length gets a zero byte, as deflated ones must (PS3.5 §A.5); it fails otherwise. */
  readonly padOdd?: boolean;
  /** An answer to what the peer asked, which may have been begun. */
  readonly isAnswer?: boolean;
}

/** Fragments of less are not read one by one. */
const LEAST_READ = 64 * 1024;
/** Bytes that are asked of a dataset at once, where its fragments are shorter. */
const REFILL = 256 * 1024;

/** The least `maxLength` with room for one even fragment. */
const MIN_MAX_LENGTH = PDV_HEADER + 2;

/**
 * Writes PDUs. Headers, command and data go into one buffer that is written at once; while it is being written,
 * the next is filled. All fragments have an even length, and no P-DATA-TF exceeds what the peer takes.
 */
export class PduWriter {
  readonly #output: ByteOutput;
  #payload = 0;
  #batch = new PduBatch();
  #spare = new PduBatch();
  #ahead = new PduBatch();
  #prepared: OutgoingMessage | undefined;
  #refill: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #isHeld = false;
  #pending: Promise<void> = Promise.resolve();
  #isWriting = false;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #stopped: Error | undefined;
  /** What comes next, and how much of it has been sent. */
  #next: NextPdu | undefined;
  #begun = 0;
  #answer: BegunAnswer | undefined;
  readonly #settle = () => void this.#queued--;

  /** Writes to `output`. */
  constructor(output: ByteOutput) {
    this.#output = output;
    this.setMaxLength(0);
  }

  /** What the peer announced; 0 for no limit. @throws `RangeError` when no fragment fits */
  setMaxLength(maxLength: number): void {
    if (maxLength !== 0 && maxLength < MIN_MAX_LENGTH) {
      throw new RangeError(`A maximum length of ${maxLength} leaves no room for data`);
    }
    const length = Math.min(maxLength || MAX_SEND_LENGTH, MAX_SEND_LENGTH);
    this.#payload = (length - PDV_HEADER) & ~1;
  }

  /** What was begun and waits for its rest: nothing else can be sent. */
  get begun(): NextPdu | undefined {
    return this.#next;
  }

  /**
   * Sends a byte of the PDU that comes next, unless something is being sent: it takes along the acknowledgement that a
   * peer with Nagle's algorithm waits for. Tells whether it does.
   */
  begin(next: NextPdu): boolean {
    const beginning = BEGINNING[next];
    if (this.#queued > 0 || this.#begun === beginning.length) return false;
    if (this.#next && this.#next !== next) return false;
    this.#next = next;
    const byte = beginning.subarray(this.#begun, ++this.#begun);
    // Where that fails, the reader notices the end as well.
    this.#inTurn(() => this.#writeAll(byte)).catch(() => {});
    return true;
  }

  /**
   * Sends a fragment of the answer that comes next in a context, unless something else is being sent. Other messages
   * wait then until that answer has been sent.
   */
  beginAnswer(contextId: number): void {
    if (this.#isWriting || this.#stopped) return;
    if (!this.#answer) {
      if (this.#queued > 0) return;
      const { ended } = this.#answer = new BegunAnswer(contextId);
      this.#inTurn(() => ended.then(() => this.#pending)).catch(() => {});
    }
    const fragment = this.#answer.next();
    if (!fragment) return;
    this.#pending = this.#writeAll(fragment);
    // Whoever awaits it is told, and the reader notices the end as well.
    this.#pending.catch(() => {});
  }

  /** Without what has been sent of them. */
  #rest(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const rest = bytes.subarray(this.#begun);
    this.#begun = 0;
    this.#next = undefined;
    return rest;
  }

  /** Writes a short PDU after all that was asked for before. */
  control(pdu: ControlPdu): Promise<void> {
    this.#leaveAnswer();
    return this.#inTurn(() => this.#writeAll(this.#rest(encodePdu(pdu))));
  }

  /**
   * Has the PDUs of a message ready for its turn, where it lies in memory and is one batch. Only the last message
   * is kept so; its dataset must stay as it is.
   */
  prepare(message: OutgoingMessage): void {
    const { contextId, command, dataset, padOdd = false } = message;
    this.#prepared = undefined;
    // Of odd length, it fails in its turn.
    const fits = dataset instanceof Uint8Array && dataset.length <= BATCH &&
      dataset.length % 2 === 0;
    if (!fits) return;
    this.#ahead.start(this.#payload);
    this.#ahead.add(contextId, COMMAND, command, false);
    const length = this.#ahead.add(contextId, DATASET, dataset, padOdd);
    if (length === dataset.length) this.#prepared = message;
  }

  /**
   * Writes a message after all that was asked for before; its dataset is closed in any case.
   *
   * @throws `RangeError` for a dataset of odd length; the message is unfinished then
   */
  message(message: OutgoingMessage): Promise<void> {
    const answer = this.#answer;
    if (message.isAnswer && message.contextId === answer?.contextId) {
      this.#answer = undefined;
      const rest = { ...message, command: answer.rest(message.command) };
      return this.#pending.then(() => this.#make(rest)).finally(answer.end);
    }
    return this.#inTurn(() => this.#message(message));
  }

  /** Makes the message under way and those behind it fail at the end of a PDU, so that an A-ABORT can follow. */
  stop(reason: Error): void {
    this.#stopped ??= reason;
    this.#leaveAnswer();
  }

  #leaveAnswer(): void {
    this.#answer?.end();
    this.#answer = undefined;
  }

  /** At once where nothing is before it: a peer that has answered waits for what comes next. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#queued++ === 0 ? action() : this.#queue.then(action);
    this.#queue = turn.then(this.#settle, this.#settle);
    return turn;
  }

  /** Writes what is ready without further ado, since the peer waits for it. */
  #message(message: OutgoingMessage): Promise<void> {
    if (message !== this.#prepared || this.#stopped || this.#isWriting) return this.#make(message);
    this.#prepared = undefined;
    const ready = this.#ahead;
    this.#ahead = this.#batch;
    this.#batch = ready;
    return this.#pending = this.#writeAll(this.#rest(ready.bytes));
  }

  async #make({ contextId, command, dataset, padOdd = false }: OutgoingMessage): Promise<void> {
    try {
      if (this.#stopped) throw this.#stopped;
      this.#batch.start(this.#payload);
      this.#batch.add(contextId, COMMAND, command, false);
      if (dataset instanceof Uint8Array) await this.#bytes(contextId, dataset, padOdd);
      else if (dataset) await this.#stream(contextId, dataset, padOdd);
      this.#write(this.#batch);
      await this.#pending;
    } finally {
      this.#isHeld = false;
      if (dataset && !(dataset instanceof Uint8Array)) await dataset.close();
      await this.#pending.catch(() => {});
    }
  }

  async #bytes(
    contextId: number,
    bytes: Uint8Array<ArrayBuffer>,
    padOdd: boolean,
  ): Promise<void> {
    let at = 0;
    while ((at = this.#batch.add(contextId, DATASET, bytes, padOdd, at)) < bytes.length) {
      await this.#hold();
      this.#writeHeld();
    }
  }

  /** Has a dataset read to where it is written from, where its `read` fills what it is given. */
  async #stream(contextId: number, dataset: ChunkReader, padOdd: boolean): Promise<void> {
    let isEmpty = true;
    if (this.#next) {
      // The peer reads what was begun, and must not wait for the source with it.
      await this.#hold();
      this.#writeHeld();
    }
    for (let chunk; (chunk = await dataset.read(this.#room)) !== undefined;) {
      if (this.#stopped) throw this.#stopped;
      isEmpty = false;
      for (let at = 0; at < chunk.length;) {
        this.#writeHeld();
        at += this.#batch.take(chunk.subarray(at));
        if (!this.#batch.isFull) continue;
        this.#batch.close(contextId, DATASET, false);
        if (this.#isReadInPlace || !this.#batch.hasRoom()) await this.#hold();
      }
    }
    if (isEmpty || this.#batch.isOpen) this.#batch.close(contextId, DATASET | LAST, padOdd);
    else (this.#isHeld ? this.#spare : this.#batch).markLast();
    this.#writeHeld();
  }

  get #isReadInPlace(): boolean {
    return this.#payload >= LEAST_READ;
  }

  /** Memory for what is read next: where it will be written from, unless that is too small to be worth a read. */
  get #room(): Uint8Array<ArrayBuffer> {
    if (this.#isReadInPlace && this.#batch.isEmpty) return this.#batch.space;
    // Whoever fills it may detach it.
    if (this.#refill.length === 0) this.#refill = new Uint8Array(REFILL);
    return this.#refill;
  }

  /** Goes on with the other batch. The full one waits for what comes next, since its end may be that of the dataset. */
  async #hold(): Promise<void> {
    await this.#pending;
    if (this.#stopped) throw this.#stopped;
    [this.#batch, this.#spare] = [this.#spare, this.#batch];
    this.#batch.start(this.#payload);
    this.#isHeld = true;
  }

  #writeHeld(): void {
    if (this.#isHeld) this.#write(this.#spare);
    this.#isHeld = false;
  }

  /** Starts writing a batch, which must stay as it is meanwhile. */
  #write(batch: PduBatch): void {
    // Its memory may be gone with the end of a dataset that was to be read into it.
    if (batch.isEmpty) return;
    const bytes = this.#rest(batch.bytes);
    const write = () => this.#writeAll(bytes);
    this.#pending = this.#isWriting ? this.#pending.then(write) : write();
    // Whoever awaits it is told; nobody may be waiting at this moment.
    this.#pending.catch(() => {});
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    // Stays so where it fails, so that all that follows fails as well.
    this.#isWriting = true;
    for (let at = 0; at < bytes.length;) {
      at += await this.#output.write(at === 0 ? bytes : bytes.subarray(at));
    }
    this.#isWriting = false;
  }
}
