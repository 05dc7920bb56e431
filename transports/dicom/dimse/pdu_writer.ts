/**
 * Messages as PDUs, on their way out.
 *
 * @module
 */

import type { Bytes, ChunkReader } from "../../../vfs/bytes/bytes.ts";
import { encodePdu } from "./pdu_encode.ts";
import { type ControlPdu, PDU_HEADER, PDV_HEADER } from "./pdu.ts";

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
  readonly command: Uint8Array;
  /** The encoded dataset. */
  readonly dataset?: Bytes;
  /** A dataset of odd length gets a zero byte, as deflated ones must (PS3.5 §A.5); it fails otherwise. */
  readonly padOdd?: boolean;
}

/** Longest P-DATA-TF that we send, whatever the peer takes: longer ones are no faster. */
export const MAX_SEND_LENGTH = 256 * 1024;
/** The batch that is given to the socket at once: a slice of 512x512 pixels with its header is one. */
const BATCH = 576 * 1024;

/** Bytes that are asked of a dataset at once. */
const REFILL = 512 * 1024;

/** The least `maxLength` with room for one even fragment. */
export const MIN_MAX_LENGTH: number = PDV_HEADER + 2;

/**
 * Writes PDUs. Headers, command and data go into one buffer that is written at once; while it is being written,
 * the next is filled. All fragments have an even length, and no P-DATA-TF exceeds what the peer takes.
 */
export class PduWriter {
  readonly #output: ByteOutput;
  #payload = 0;
  #batch: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #spare: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly #refills: Uint8Array<ArrayBuffer>[] = [];
  #filled = 0;
  #pending: Promise<void> = Promise.resolve();
  #isWriting = false;
  #queue: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #stopped: Error | undefined;

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

  /** Writes a short PDU after all that was asked for before. */
  control(pdu: ControlPdu): Promise<void> {
    return this.#inTurn(() => this.#writeAll(encodePdu(pdu)));
  }

  /**
   * Writes a message after all that was asked for before; its dataset is closed in any case.
   *
   * @throws `RangeError` for a dataset of odd length; the message is unfinished then
   */
  message(message: OutgoingMessage): Promise<void> {
    return this.#inTurn(() => this.#message(message));
  }

  /** Makes the message under way and those behind it fail at the end of a PDU, so that an A-ABORT can follow. */
  stop(reason: Error): void {
    this.#stopped ??= reason;
  }

  /** At once where nothing is before it: a peer that has answered waits for what comes next. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#queued++ === 0 ? action() : this.#queue.then(action);
    const settle = () => void this.#queued--;
    this.#queue = turn.then(settle, settle);
    return turn;
  }

  async #message({ contextId, command, dataset, padOdd }: OutgoingMessage): Promise<void> {
    this.#reserve();
    try {
      if (this.#stopped) throw this.#stopped;
      await this.#fragments(contextId, 1, command);
      if (dataset instanceof Uint8Array) {
        await this.#fragments(contextId, 0, dataset, padOdd);
      } else if (dataset) await this.#stream(contextId, dataset, padOdd);
      this.#flush();
      await this.#pending;
    } finally {
      this.#filled = 0;
      if (dataset && !(dataset instanceof Uint8Array)) await dataset.close();
      await this.#pending.catch(() => {});
    }
  }

  /** Sends each chunk while the next is being read. */
  async #stream(contextId: number, dataset: ChunkReader, padOdd = false) {
    let open = 0;
    const read = this.#refilling(dataset);
    let reading = read();
    for (let chunk = await reading; chunk !== undefined; chunk = await reading) {
      reading = read();
      // Awaited above; when it fails earlier, nobody is waiting yet.
      reading.catch(() => {});
      for (let at = 0; at < chunk.length;) {
        if (open === this.#payload) {
          const flushed = this.#closeFragment(contextId, 0, open);
          if (flushed) await flushed;
          open = 0;
        }
        const length = Math.min(this.#payload - open, chunk.length - at);
        this.#batch.set(chunk.subarray(at, at + length), this.#dataStart + open);
        open += length;
        at += length;
      }
    }
    await this.#closeFragment(contextId, 2, this.#evenLength(open, padOdd));
  }

  /** Reads into two buffers that take turns, where the dataset does so: one is sent while the other is filled. */
  #refilling(dataset: ChunkReader): () => Promise<Uint8Array | undefined> {
    let turn = 0;
    return async () => {
      const own = turn;
      turn = 1 - turn;
      const chunk = await dataset.read(this.#refills[own] ??= new Uint8Array(REFILL));
      // Whoever filled it may have detached it, and its memory is in what came back.
      if (this.#refills[own].length === 0) delete this.#refills[own];
      return chunk;
    };
  }

  /** Puts `bytes` from `at` into the batch: all at once where there is room for them. */
  #fragments(
    contextId: number,
    kind: number,
    bytes: Uint8Array,
    padOdd = false,
    at = 0,
  ): Promise<void> | void {
    do {
      const length = Math.min(this.#payload, bytes.length - at);
      const isLast = at + length === bytes.length;
      this.#batch.set(bytes.subarray(at, at + length), this.#dataStart);
      const control = kind | (isLast ? 2 : 0);
      const flushed = this.#closeFragment(contextId, control, this.#evenLength(length, padOdd));
      at += length;
      if (flushed && !isLast) {
        return flushed.then(() => this.#fragments(contextId, kind, bytes, padOdd, at));
      }
      if (flushed) return flushed;
    } while (at < bytes.length);
  }

  get #dataStart(): number {
    return this.#filled + PDU_HEADER + PDV_HEADER;
  }

  /** The length of an open fragment, which can be odd only at the end of a dataset. */
  #evenLength(length: number, padOdd: boolean): number {
    if (length % 2 === 0) return length;
    if (!padOdd) throw new RangeError("The dataset has an odd length");
    this.#batch[this.#dataStart + length] = 0;
    return length + 1;
  }

  /** Puts the headers before `length` bytes that lie in the batch, and makes room for another fragment. */
  #closeFragment(contextId: number, control: number, length: number): Promise<void> | void {
    if (this.#stopped) throw this.#stopped;
    const at = this.#filled;
    const view = new DataView(this.#batch.buffer, at);
    view.setUint16(0, 0x0400);
    view.setUint32(2, length + PDV_HEADER);
    view.setUint32(6, length + 2);
    view.setUint8(10, contextId);
    view.setUint8(11, control);
    this.#filled += PDU_HEADER + PDV_HEADER + length;
    if (this.#filled + this.#slot > this.#batch.length) {
      return this.#pending.then(() => this.#flush());
    }
  }

  get #slot(): number {
    return PDU_HEADER + PDV_HEADER + this.#payload;
  }

  #reserve(): void {
    // Room for the command, which is short, besides the first fragment of the dataset.
    const needed = Math.max(BATCH, this.#slot) + 4096;
    if (this.#batch.length >= needed) return;
    this.#batch = new Uint8Array(needed);
    this.#spare = new Uint8Array(needed);
  }

  /** Starts writing the batch; the other buffer takes its place. */
  #flush(): void {
    if (this.#filled === 0) return;
    const full = this.#batch.subarray(0, this.#filled);
    [this.#batch, this.#spare] = [this.#spare, this.#batch];
    this.#filled = 0;
    const write = () => this.#writeAll(full);
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
