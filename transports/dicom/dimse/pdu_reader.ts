/**
 * The stream of a peer, cut into PDUs as it arrives.
 *
 * @module
 */

import { COMMAND, LAST } from "./pdu_batch.ts";
import { decodeBody } from "./pdu_decode.ts";
import {
  ABORT_REASON,
  type ControlPdu,
  MAX_ASSOCIATE_LENGTH,
  PDU_HEADER,
  PDU_TYPES,
  PduError,
  PDV_HEADER,
} from "./pdu.ts";

/** Where bytes come from; a socket, or a script in tests. */
export interface ByteInput {
  /** Fills `buffer` from its start with at least one byte; `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** What has come of a fragment had better wait for its end; asked after each read. */
  isGathered?(): boolean;
  /** Whether a read ends before what is gathered has waited long enough. */
  endsSoon?(reading: Promise<unknown>): Promise<boolean>;
}

/** What has come of a command set or a dataset, as it came. */
export interface Fragment {
  /** Discriminator. */
  readonly type: "fragment";
  /** Presentation context. */
  readonly contextId: number;
  /** Part of a command set, else of a dataset. */
  readonly isCommand: boolean;
  /** The command set or dataset ends with it. */
  readonly isLast: boolean;
  /** Parts of PDVs, in order; valid until the reader is asked for more. */
  readonly pieces: readonly Uint8Array[];
}

const DATA_TF = 4;
/** What a web server begins its answer with. */
const HTTP = 0x48545450;

/** Bytes of the read buffer: the longest A-ASSOCIATE PDU fits, and a CT slice, so that it is answered before it is written. */
const READ_BUFFER = PDU_HEADER + MAX_ASSOCIATE_LENGTH;
/** Without room for so many bytes, the end of a fragment is not waited for. */
const LEAST_ROOM = 64 * 1024;

/**
 * Cuts what a peer sends into PDUs. P-DATA-TF is never assembled: its PDVs are handed on as parts of the read
 * buffer, those of one message together. One read at a time.
 */
export class PduReader {
  readonly #input: ByteInput;
  readonly #maxLength: number;
  readonly #buffer = new Uint8Array(READ_BUFFER);
  #start = 0;
  #end = 0;
  #pduLeft = 0;
  #pdvLeft = 0;
  #isInPdv = false;
  #contextId = 0;
  #control = 0;
  /** What is there of a fragment of which the end is waited for. */
  #gathered: Omit<Fragment, "isLast" | "pieces"> & { readonly pieces: Uint8Array[] } | undefined;
  /** The read that is under way; one that goes on while what came before is taken is awaited next. */
  #reading: Promise<number | null> | undefined;

  /** Reads from `input` P-DATA-TF PDUs of at most `maxLength`, the length that was announced to the peer; 0 is no limit. */
  constructor(input: ByteInput, maxLength: number) {
    this.#input = input;
    this.#maxLength = maxLength || Infinity;
  }

  /**
   * The next PDU or fragment, at once when bytes of it are there; undefined when the peer has closed between two
   * PDUs. A fragment that is gathered comes when its end is there, or no more of it fits into the buffer, or comes for a while.
   *
   * @throws `PduError` for what breaks PS3.8; nothing more can be read then
   * @throws `Deno.errors.UnexpectedEof` when the peer closed within a PDU
   */
  next(): ControlPdu | Fragment | Promise<ControlPdu | Fragment | undefined> {
    return this.#take() ?? this.#read();
  }

  /** The context of a command of which the end is still to come, once a header says so. */
  get commandContext(): number | undefined {
    return this.#isInPdv && this.#isCommand ? this.#contextId : undefined;
  }

  /** Resolves when nothing is being read, also where that read failed. */
  get idle(): Promise<unknown> {
    return Promise.allSettled([this.#reading]);
  }

  async #read(): Promise<ControlPdu | Fragment | undefined> {
    while (true) {
      this.#reading ??= this.#input.read(this.#room());
      const gathered = this.#gathered;
      if (gathered && await this.#input.endsSoon?.(this.#reading) === false) {
        this.#gathered = undefined;
        return { ...gathered, isLast: false };
      }
      let count: number | null;
      try {
        count = await this.#reading;
      } finally {
        this.#reading = undefined;
      }
      if (count === null) {
        if (this.#available === 0 && this.#pduLeft === 0 && !this.#isInPdv) return undefined;
        throw new Deno.errors.UnexpectedEof("The peer closed the connection within a PDU");
      }
      this.#end += count;
      const next = this.#take();
      if (next !== undefined) return next;
    }
  }

  /** The next of what has been read; undefined when there must be more. */
  #take(): ControlPdu | Fragment | undefined {
    return (this.#isAtData() ? this.#fragment() : undefined) ?? this.#whole();
  }

  /** Goes on to the bytes of a PDV; false when they are not there yet, or another PDU comes before. */
  #isAtData(): boolean {
    while (!this.#isInPdv) {
      if (this.#available < (this.#pduLeft > 0 ? PDV_HEADER : PDU_HEADER)) return false;
      if (this.#pduLeft > 0) this.#openPdv();
      else {
        const type = this.#buffer[this.#start]!;
        const length = this.#pduLength(type);
        if (type !== DATA_TF) return false;
        this.#start += PDU_HEADER;
        this.#pduLeft = length;
      }
    }
    return this.#available > 0 || this.#pdvLeft === 0;
  }

  /** The open PDV, and those behind it that continue it; undefined while their end is waited for. */
  #fragment(): Fragment | undefined {
    const begun = this.#gathered ??
      { type: "fragment", contextId: this.#contextId, isCommand: this.#isCommand, pieces: [] };
    const { contextId, isCommand, pieces } = begun;
    this.#gathered = undefined;
    let isLast = false;
    while (
      !isLast && this.#isAtData() && this.#contextId === contextId && this.#isCommand === isCommand
    ) {
      if (this.#pdvLeft > 0) pieces.push(this.#piece());
      this.#isInPdv = this.#pdvLeft > 0;
      isLast = !this.#isInPdv && (this.#control & LAST) !== 0;
    }
    const hasRoom = this.#buffer.length - this.#end >= LEAST_ROOM;
    const isGathered = !isLast && hasRoom && this.#input.isGathered?.() && !this.#isAtData();
    if (!isGathered) return { ...begun, isLast };
    this.#gathered = begun;
  }

  get #isCommand(): boolean {
    return (this.#control & COMMAND) !== 0;
  }

  #piece(): Uint8Array {
    const length = Math.min(this.#pdvLeft, this.#available);
    const piece = this.#buffer.subarray(this.#start, this.#start + length);
    this.#start += length;
    this.#pdvLeft -= length;
    return piece;
  }

  get #available(): number {
    return this.#end - this.#start;
  }

  #openPdv(): void {
    const at = this.#start;
    const length = this.#uint32(at);
    if (length < 2 || length > this.#pduLeft - 4) {
      throw new PduError(`A PDV of ${length} bytes in a P-DATA-TF with ${this.#pduLeft - 4} left`);
    }
    this.#contextId = this.#buffer[at + 4]!;
    this.#control = this.#buffer[at + 5]!;
    this.#start += PDV_HEADER;
    this.#pduLeft -= 4 + length;
    this.#pdvLeft = length - 2;
    this.#isInPdv = true;
    if (this.#pduLeft > 0 && this.#pduLeft < PDV_HEADER) {
      throw new PduError(`${this.#pduLeft} bytes after the last PDV of a P-DATA-TF`);
    }
  }

  /** What the header says that follows it. @throws `PduError` when that cannot be */
  #pduLength(type: number): number {
    const length = this.#uint32(this.#start + 2);
    const name = PDU_TYPES[type];
    if (name === undefined) {
      const isTls = (type === 0x15 || type === 0x16) && this.#buffer[this.#start + 1] === 3;
      const isHttp = this.#uint32(this.#start) === HTTP;
      const hint = isTls ? ", but this looks like TLS" : isHttp ? ", but this looks like HTTP" : "";
      throw new PduError(`PDU type ${type} is unknown${hint}`, ABORT_REASON.UNRECOGNIZED_PDU);
    }
    if (type === DATA_TF) {
      if (length <= this.#maxLength && length >= PDV_HEADER) return length;
      throw new PduError(`P-DATA-TF of ${length} bytes where at most ${this.#maxLength} may come`);
    }
    const longest = type <= 2 ? MAX_ASSOCIATE_LENGTH : 4;
    if (length > longest || length < 4) throw new PduError(`${name} of ${length} bytes`);
    return length;
  }

  /** A PDU without data, when all of it is there. */
  #whole(): ControlPdu | undefined {
    if (this.#isInPdv || this.#pduLeft > 0 || this.#available < PDU_HEADER) return undefined;
    // What stays without an end is of no use.
    this.#gathered = undefined;
    const type = this.#buffer[this.#start]!;
    const length = this.#pduLength(type);
    const end = this.#start + PDU_HEADER + length;
    if (end > this.#end) return undefined;
    const body = this.#buffer.subarray(end - length, end);
    this.#start = end;
    return decodeBody(type, body);
  }

  #uint32(at: number): number {
    const b = this.#buffer;
    return (b[at]! * 0x1000000) + (b[at + 1]! << 16 | b[at + 2]! << 8 | b[at + 3]!);
  }

  /** Memory for what is read next. */
  #room(): Uint8Array {
    if (this.#gathered) return this.#buffer.subarray(this.#end);
    // At most a header, or the beginning of a short PDU, is left.
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    return this.#buffer.subarray(this.#end);
  }
}
