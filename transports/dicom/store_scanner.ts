/**
 * The structure of a dataset, as its bytes pass.
 *
 * @module
 */

import {
  type Encoding,
  isDelimiter,
  nestedEncoding,
  readTag,
} from "../../formats/dicom/encoding.ts";
import { isPixelData, TAG, tagLabel } from "../../formats/dicom/tag.ts";
import { isBinary, vrByCode } from "../../formats/dicom/vr.ts";
import { FormatError } from "../../formats/mod.ts";

/** Length of an element whose end is marked by a delimiter (PS3.5 §7.5). */
export const UNDEFINED_LENGTH = 0xFFFFFFFF;

const MAX_DEPTH = 64;
/** No element of a dataset has the tag (0000,0000), or a part of it: they fill up to a length. */
const ZEROS = "Zeros follow the last element";
/** Nor has any the group FFFFH (PS3.5 §7.1). */
const STRAY = "Bytes that begin no element follow the last one";
const SHORT_DELIMITER = "The last delimiter has no length";

/** Hears of the parts of a dataset, in order. */
export interface DatasetVisitor {
  /** An element begins; its value or items follow. */
  element(tag: number, vr: string | undefined, length: number): void;
  /** An item or fragment begins, or a delimiter stands here. */
  mark(tag: number, length: number): void;
  /** A part of a value. */
  value(bytes: Uint8Array): void;
  /** A sequence or item of stated length ends. */
  end(kind: "sequence" | "item"): void;
}

/** How a scan treats what it does not understand. */
export interface ScanOptions {
  /** Bytes of the dataset, when known. */
  readonly size?: number;
  /** Told of all parts. Sequences are entered for it, and what is not understood is an error. */
  readonly visitor?: DatasetVisitor;
}

interface Frame {
  readonly kind: "dataset" | "items" | "fragments";
  /** Where it ends, `Infinity` at its delimiter. */
  readonly end: number;
  /** Whether its elements name their VR. */
  explicit: boolean;
  /** Its first element has been seen. */
  isBegun: boolean;
}

/**
 * Scans a dataset that passes in chunks, holding no more than the header of an element. Finds one that is cut
 * short: at once where its size is known, else at its end.
 */
export class DatasetScanner {
  readonly #littleEndian: boolean;
  readonly #size: number;
  readonly #visitor: DatasetVisitor | undefined;
  readonly #frames: Frame[];
  readonly #header = new Uint8Array(12);
  readonly #view = new DataView(this.#header.buffer);
  #filled = 0;
  #needed = 8;
  #value = 0;
  #position = 0;
  #tag = 0;
  #isBlind = false;
  #remark: string | undefined;

  /** Begins at the first byte of a dataset. */
  constructor({ explicit, littleEndian }: Encoding, { size, visitor }: ScanOptions = {}) {
    this.#littleEndian = littleEndian;
    this.#size = size ?? Infinity;
    this.#visitor = visitor;
    this.#frames = [{ kind: "dataset", end: this.#size, explicit, isBegun: true }];
  }

  /** Takes the next bytes. @throws {FormatError} `Corrupt` when the dataset is cut short */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#isBlind) {
      if (this.#value > 0) {
        const length = Math.min(this.#value, chunk.length - at);
        this.#visitor?.value(chunk.subarray(at, at + length));
        this.#value -= length;
        this.#position += length;
        at += length;
      } else {
        // Views of so few bytes would take longer than the bytes.
        const length = Math.min(this.#needed - this.#filled, chunk.length - at);
        for (let n = 0; n < length; n++) this.#header[this.#filled++] = chunk[at++]!;
        this.#position += length;
        if (this.#filled === this.#needed) this.#readHeader();
      }
      if (this.#value === 0 && this.#filled === 0) this.#closeFrames();
    }
  }

  /** The dataset has ended. @throws {FormatError} `Corrupt` when it is cut short */
  end(): void {
    if (this.#isBlind) return;
    if (this.#value > 0 || this.#needed > 8) throw this.#cut();
    if (this.#frames.length === 1 && this.#filled === 0) return;
    const surplus = this.#surplus();
    if (!surplus) throw this.#cut();
    this.#unknown(surplus);
  }

  /** What was not understood, and everything after it: it passes as it is. Names elements by their tags at most. */
  get remark(): string | undefined {
    return this.#remark;
  }

  /** What the bytes at the end are, where no element can have lost anything. */
  #surplus(): string | undefined {
    const rest = this.#header.subarray(0, this.#filled);
    if (this.#frames.length === 1) {
      if (rest.every((byte) => byte === 0)) return ZEROS;
      return rest.length >= 2 && rest[0] === 0xFF && rest[1] === 0xFF ? STRAY : undefined;
    }
    // More may have followed another sequence, but nothing does the pixel data.
    const isLast = this.#frame.kind === "fragments" && isPixelData(this.#tag) && rest.length >= 4 &&
      this.#frames.length === 2 &&
      readTag(this.#view, 0, this.#littleEndian) === TAG.SequenceDelimitationItem;
    return isLast ? SHORT_DELIMITER : undefined;
  }

  get #frame(): Frame {
    return this.#frames.at(-1)!;
  }

  #readHeader(): void {
    const frame = this.#frame;
    const tag = readTag(this.#view, 0, this.#littleEndian);
    if (frame.kind !== "dataset" || isDelimiter(tag)) {
      this.#filled = 0;
      return this.#mark(tag, this.#view.getUint32(4, this.#littleEndian));
    }
    if (!frame.isBegun) this.#begin(frame);
    const { explicit } = frame;
    if (tag === 0) return this.#unknown(ZEROS);
    if (tag >>> 16 === 0xFFFF) return this.#unknown(STRAY);
    const vr = explicit ? vrByCode(this.#view.getUint16(4, false)) : undefined;
    if (explicit && !vr) return this.#unknown(`Element ${tagLabel(tag)} has no VR`);
    if (vr?.long && this.#needed === 8) {
      this.#needed = 12;
      return;
    }
    const length = vr && !vr.long
      ? this.#view.getUint16(6, this.#littleEndian)
      : this.#view.getUint32(vr ? 8 : 4, this.#littleEndian);
    this.#filled = 0;
    this.#needed = 8;
    this.#element(tag, vr?.name, length);
  }

  /** Careless writers nest datasets of the other kind. */
  #begin(frame: Frame): void {
    frame.isBegun = true;
    const expected = { explicit: frame.explicit, littleEndian: this.#littleEndian };
    const available = Math.min(frame.end, this.#size) - this.#position + 8;
    frame.explicit = nestedEncoding(this.#view, 0, available, expected).explicit;
  }

  #element(tag: number, vr: string | undefined, length: number): void {
    this.#tag = tag;
    this.#visitor?.element(tag, vr, length);
    if (length === UNDEFINED_LENGTH) {
      const isData = vr === undefined ? isPixelData(tag) : isBinary(vr) && vr !== "UN";
      // What is in UN of undefined length has no VRs (PS3.5 §6.2.2 note 2).
      this.#enter(isData ? "fragments" : "items", Infinity, vr !== undefined && vr !== "UN");
    } else if (vr === "SQ" && this.#visitor) {
      this.#enter("items", this.#endOf(length), true);
    } else this.#expect(length);
  }

  #mark(tag: number, length: number): void {
    const { kind, explicit, end } = this.#frame;
    const isOpen = end === Infinity;
    const isEnd =
      tag === (kind === "dataset" ? TAG.ItemDelimitationItem : TAG.SequenceDelimitationItem);
    if (isEnd && isOpen && this.#frames.length > 1) {
      this.#visitor?.mark(tag, length);
      this.#frames.pop();
    } else if (tag === TAG.Item && kind !== "dataset") {
      this.#visitor?.mark(tag, length);
      if (length === UNDEFINED_LENGTH && kind === "items") {
        this.#enter("dataset", Infinity, explicit);
      } else if (length === UNDEFINED_LENGTH) this.#unknown("A fragment has no length");
      else if (kind === "items" && this.#visitor) {
        this.#enter("dataset", this.#endOf(length), explicit);
      } else this.#expect(length);
    } else this.#unknown(`Element ${tagLabel(tag)} does not belong here`);
  }

  #enter(kind: Frame["kind"], end: number, explicit: boolean): void {
    if (this.#frames.length > 2 * MAX_DEPTH) {
      throw new FormatError("LimitExceeded", `Sequences are nested more than ${MAX_DEPTH} deep`);
    }
    this.#frames.push({ kind, end, explicit, isBegun: false });
  }

  #expect(length: number): void {
    this.#value = length;
    this.#endOf(length);
  }

  /** Where something of `length` ends, which must be in the dataset. */
  #endOf(length: number): number {
    const end = this.#position + length;
    if (end > this.#size) throw this.#cut();
    return end;
  }

  #closeFrames(): void {
    for (let { kind, end } = this.#frame; this.#frames.length > 1; { kind, end } = this.#frame) {
      if (this.#position < end) return;
      if (this.#position > end) return this.#unknown("An element goes past the end of its item");
      this.#frames.pop();
      this.#visitor?.end(kind === "dataset" ? "item" : "sequence");
    }
  }

  /** What cannot be understood can still be sent as it is, but not converted. */
  #unknown(reason: string): void {
    if (this.#visitor) throw new FormatError("Corrupt", reason, this.#position);
    this.#isBlind = true;
    this.#remark = reason;
  }

  #cut(): FormatError {
    const where = tagLabel(this.#tag);
    return new FormatError(
      "Corrupt",
      `The dataset is cut short in element ${where}`,
      this.#position,
    );
  }
}
