/**
 * The bounded scanner: where each element of a dataset lies, nested ones too.
 *
 * @module
 */

import type { ByteWindow } from "../byte_window.ts";
import { DicomDataset } from "./dataset.ts";
import { implicitVr } from "./dictionary.ts";
import { DicomElement } from "./element.ts";
import { type Encoding, isDelimiter, isSwapped, nestedEncoding, readTag } from "./encoding.ts";
import { Frame } from "./frame.ts";
import { unusualElement } from "./unusual_vr.ts";
import { isPixelData, TAG, tagLabel } from "./tag.ts";
import { isBinary, vrByCode } from "./vr.ts";
import type { WarningLog } from "./warnings.ts";

const UNDEFINED_LENGTH = 0xFFFFFFFF;

/** Bounds on what a scan holds. */
export interface ScanLimits {
  /** Longest value kept in memory, in bytes. */
  readonly maxValueLength: number;
  /** Deepest nesting of sequences. */
  readonly maxDepth: number;
  /** Most elements, items and delimiters. */
  readonly maxElements: number;
}

/** Where a scan starts and ends. */
export interface ScanRange {
  /** Byte offset of the first element. */
  readonly start: number;
  /** Byte offset where it must end; the end of the file when left out. */
  readonly end?: number;
  /** Highest tag of the outermost dataset that is wanted. */
  readonly lastTag?: number;
}

/** Where the pixel data lies; it is never read. */
export interface PixelDataLocation {
  /** Byte offset of the element. */
  readonly position: number;
  /** Byte offset of its value. */
  readonly valuePosition: number;
  /** Length in bytes; undefined for encapsulated frames. */
  readonly length: number | undefined;
  /** OB or OW; OF and OD for FloatPixelData and DoubleFloatPixelData. */
  readonly vr: string;
  /** Tag as a number. */
  readonly tagNumber: number;
}

/**
 * Scans the elements of a dataset (PS3.5 §7) with an explicit stack.
 *
 * `run` goes as far as the bytes in memory allow and says which it needs next,
 * so that the same code serves bytes in memory, files and inflated streams.
 */
export class Scanner {
  /** Where scanning stands. */
  position: number;
  /** The bytes in memory must reach to here before `run` is called again. */
  wanted = 0;
  /** The pixel data, when it was reached. */
  pixelData: PixelDataLocation | undefined;
  /** Whether scanning ended because of `lastTag`. */
  stopped = false;
  /** Encoding in force in the outermost dataset. */
  encoding: Encoding;
  #frame: Frame;
  #depth = 0;
  #steps = 0;
  readonly #lastTag: number;

  /** Prepares a scan of `range` into `dataset`. */
  constructor(
    readonly window: ByteWindow,
    dataset: DicomDataset,
    encoding: Encoding,
    range: ScanRange,
    readonly limits: ScanLimits,
    readonly log: WarningLog,
  ) {
    this.position = range.start;
    this.encoding = encoding;
    this.#lastTag = range.lastTag ?? Infinity;
    const end = range.end ?? Infinity;
    this.#frame = new Frame("dataset", undefined, dataset, encoding, end);
  }

  /** Scans on; true when done, false when bytes up to `wanted` are needed. */
  run(): boolean {
    for (;;) {
      const frame = this.#frame;
      if (this.position >= Math.min(frame.end, this.window.eof)) {
        if (this.#close()) return true;
        continue;
      }
      if (!this.#available(8)) {
        if (this.#missing(8)) return false;
        continue;
      }
      if (++this.#steps > this.limits.maxElements) {
        this.#giveUp(`More than ${this.limits.maxElements} elements`);
        continue;
      }
      if (frame.kind === "dataset") {
        const { littleEndian } = frame.encoding;
        const tag = readTag(this.window.view, this.#offset, littleEndian);
        if (frame.isFresh && !this.#startDataset(frame, tag)) continue;
        if (isDelimiter(tag)) this.#delimiter(frame, tag);
        else if (!frame.parent && tag > this.#lastTag) return this.#stop();
        else if (!this.#element(frame, tag)) return false;
        else if (this.pixelData) return true;
      } else if (!this.#item(frame)) return false;
    }
  }

  get #offset(): number {
    return this.position - this.window.start;
  }

  #available(count: number): boolean {
    return this.position + count <= this.window.end &&
      this.position >= this.window.start;
  }

  /** Asks for bytes; false when they cannot come, because data ends before. */
  #missing(count: number): boolean {
    const end = Math.min(this.#frame.end, this.window.eof);
    if (this.position + count <= end) {
      this.wanted = this.position + count;
      return true;
    }
    if (count === 8 && !this.#frame.parent) {
      if (!this.#available(end - this.position)) {
        this.wanted = end;
        return true;
      }
      if (this.#isSurplus(end)) {
        this.log.add("padding", this.position, "Bytes that begin no element follow the last one");
        this.position = end;
        return false;
      }
    }
    this.#cut(`Data ends in the middle of an element`);
    return false;
  }

  /** Whether what is left to `end` is no part of an element: zeros, or a group that none has (PS3.5 §7.1). */
  #isSurplus(end: number): boolean {
    const offsets = Array.from({ length: end - this.position }, (_, i) => this.#offset + i);
    const bytes = offsets.map((offset) => this.window.view.getUint8(offset));
    return bytes.every((byte) => byte === 0) || bytes[0] === 0xFF && bytes[1] === 0xFF;
  }

  /** Gives up the rest of the innermost dataset, which ends too early. */
  #cut(text: string): void {
    const { end } = this.#frame;
    const { eof } = this.window;
    const code = end >= eof ? "truncated" : "length";
    this.log.add(code, this.position, text);
    this.#frame.isWarned = true;
    this.position = Math.min(end, eof);
  }

  #stop(): true {
    this.stopped = true;
    return true;
  }

  /** Leaves the innermost frame at its end; true when it was the outermost. */
  #close(): boolean {
    const frame = this.#frame;
    const { eof } = this.window;
    const isCut = frame.declaredEnd > eof && frame.declaredEnd !== Infinity;
    if ((frame.isOpen || isCut) && !frame.isWarned) {
      const code = this.position >= eof ? "truncated" : "structure";
      const text = frame.sequence
        ? `Sequence ${tagLabel(frame.sequence.tagNumber)} is not complete`
        : "Data ends before its stated end";
      this.log.add(code, this.position, text);
    }
    if (!frame.parent) return true;
    // One cut leaves all surrounding frames incomplete: one warning is enough.
    frame.parent.isWarned ||= this.position >= eof &&
      (frame.isWarned || frame.isOpen || isCut);
    this.#leave(frame);
    return false;
  }

  #leave(frame: Frame): void {
    if (frame.kind === "sequence") this.#depth--;
    if (frame.parent) this.#frame = frame.parent;
  }

  #enter(frame: Frame): void {
    if (frame.kind === "sequence") this.#depth++;
    this.#frame = frame;
  }

  /** Checks the encoding at a dataset's first element; false to look again. */
  #startDataset(frame: Frame, tag: number): boolean {
    if (isDelimiter(tag)) return true;
    frame.isFresh = false;
    const { view } = this.window;
    const offset = this.#offset;
    const { explicit, littleEndian } = frame.encoding;
    if (!frame.parent && isSwapped(view, offset, littleEndian)) {
      frame.encoding = { explicit, littleEndian: !littleEndian };
    }
    const available = Math.min(frame.end, this.window.eof) - this.position;
    const expected = frame.encoding;
    frame.encoding = nestedEncoding(view, offset, available, expected);
    if (!frame.parent) this.encoding = frame.encoding;
    if (frame.encoding.littleEndian === littleEndian) {
      if (frame.encoding.explicit !== explicit && !frame.isUnknown) {
        const found = explicit ? "implicit" : "explicit";
        this.log.once("encoding", this.position, `Found ${found} VR instead`);
      }
      return true;
    }
    this.log.once("encoding", this.position, "Found the other byte order");
    return false;
  }

  #delimiter(frame: Frame, tag: number): void {
    const isEnd = tag === TAG.ItemDelimitationItem;
    if (isEnd && frame.isOpen) {
      this.position += 8;
      this.#leave(frame);
    } else if (frame.isOpen) {
      this.log.add("structure", this.position, "Item is not terminated");
      this.#leave(frame);
    } else {
      // Some writers delimit items whose length they have given as well.
      if (!isEnd || !frame.parent) {
        this.log.add("structure", this.position, "Stray delimiter");
      }
      this.position += 8;
    }
  }

  /** Scans one element of a dataset; false when bytes are needed. */
  #element(frame: Frame, tag: number): boolean {
    const { view } = this.window;
    const offset = this.#offset;
    const { explicit, littleEndian } = frame.encoding;
    if (tag === 0 && frame.dataset.elements.length > 0) {
      this.#padding(frame);
      return true;
    }
    let vr: string;
    let length: number;
    let header = 8;
    if (explicit) {
      const known = vrByCode(view.getUint16(offset + 4, false));
      if (known?.long) {
        header = 12;
        if (!this.#available(12)) return !this.#missing(12);
        vr = known.name;
        length = view.getUint32(offset + 8, littleEndian);
      } else if (known) {
        vr = known.name;
        length = view.getUint16(offset + 6, littleEndian);
      } else {
        const wanted = Math.min(20, this.#left(frame));
        if (!this.#available(wanted)) return !this.#missing(wanted);
        const found = unusualElement(
          view,
          offset,
          tag,
          littleEndian,
          this.#left(frame),
        );
        if (!found) {
          this.#cut(`No element ${tagLabel(tag)}`);
          return true;
        }
        ({ vr, length, header } = found);
        this.log.once("encoding", this.position, "Found an unknown VR");
      }
    } else {
      vr = implicitVr(tag);
      length = view.getUint32(offset + 4, littleEndian);
    }
    if (!frame.parent && isPixelData(tag)) {
      this.#atPixelData(tag, vr, header, length);
      return true;
    }
    return this.#value(frame, tag, vr, header, length);
  }

  #left(frame: Frame): number {
    return Math.min(frame.end, this.window.eof) - this.position;
  }

  #padding(frame: Frame): void {
    this.log.once("padding", this.position, "Zeros follow the last element");
    this.position = Math.min(frame.end, this.window.eof);
    frame.isWarned = true;
  }

  #atPixelData(tag: number, vr: string, header: number, length: number): void {
    const { position } = this;
    const valuePosition = position + header;
    const isDefined = length !== UNDEFINED_LENGTH;
    this.pixelData = {
      position,
      valuePosition,
      length: isDefined ? length : undefined,
      vr,
      tagNumber: tag,
    };
    const { eof } = this.window;
    if (isDefined && eof !== Infinity && valuePosition + length > eof) {
      const missing = valuePosition + length - eof;
      const text = `Pixel data lacks ${missing} of ${length} bytes`;
      this.log.add("truncated", Math.min(eof, valuePosition + length), text);
    }
  }

  /** Takes a value in, enters it or steps over it; false when bytes are needed. */
  #value(
    frame: Frame,
    tag: number,
    vr: string,
    header: number,
    length: number,
  ): boolean {
    const { window, position } = this;
    const start = position + header;
    if (length === UNDEFINED_LENGTH || vr === "SQ" || isUnknownSequence(vr, tag)) {
      this.#nested(frame, tag, vr, start, length);
      return true;
    }
    const end = start + length;
    if (end > frame.end || end > window.eof) {
      this.#cut(`${tagLabel(tag)} says ${length} bytes and goes past the end`);
      return true;
    }
    const isHeld = length <= this.limits.maxValueLength;
    if (isHeld && !this.#available(header + length)) {
      return !this.#missing(header + length);
    }
    this.#checkOrder(frame, tag);
    frame.dataset.elements.push(
      new DicomElement(
        frame.dataset,
        tag,
        vr,
        position,
        start,
        length,
        vr === "UN" || frame.encoding.littleEndian,
        isHeld ? window.bytes : undefined,
        start - window.start,
      ),
    );
    this.position = end;
    return true;
  }

  #checkOrder(frame: Frame, tag: number): void {
    if (tag <= frame.lastTag) {
      this.log.once("order", this.position, "Elements are not in order");
    }
    frame.lastTag = tag;
  }

  /** Ends the scan where a limit does not let it go on. */
  #giveUp(text: string): void {
    this.log.add("limit", this.position, text);
    while (this.#frame.parent) this.#leave(this.#frame);
    this.#frame.end = this.position;
    this.#frame.isWarned = true;
  }

  /** Enters a sequence, or encapsulated data whose fragments are skipped. */
  #nested(
    frame: Frame,
    tag: number,
    vr: string,
    start: number,
    length: number,
  ): void {
    const isOpen = length === UNDEFINED_LENGTH;
    const isFragments = isOpen && isBinary(vr) && vr !== "UN";
    this.#checkOrder(frame, tag);
    const { dataset, encoding } = frame;
    const element = new DicomElement(
      dataset,
      tag,
      isFragments ? vr : "SQ",
      this.position,
      start,
      isOpen ? undefined : length,
      encoding.littleEndian,
      undefined,
      0,
      isFragments ? undefined : [],
    );
    if (!isFragments && this.#depth >= this.limits.maxDepth) {
      const text = `Sequences are nested more than ${this.limits.maxDepth} deep`;
      if (isOpen || start + length > frame.end) return this.#giveUp(text);
      this.log.once("limit", this.position, text);
      this.position = start + length;
      return;
    }
    dataset.elements.push(element);
    const declaredEnd = isOpen ? Infinity : start + length;
    if (!isOpen && declaredEnd > frame.end) {
      const text = `${tagLabel(tag)} says ${length} bytes and goes past the end`;
      this.log.add("length", this.position, text);
    }
    this.position = start;
    const inner = new Frame(
      isFragments ? "fragments" : "sequence",
      frame,
      dataset,
      vr === "UN" ? { explicit: false, littleEndian: true } : encoding,
      declaredEnd,
    );
    inner.sequence = element;
    inner.isOpen = isOpen;
    inner.isUnknown = vr === "UN";
    this.#enter(inner);
  }

  /** Takes the next item or fragment; false when bytes are needed. */
  #item(frame: Frame): boolean {
    const { view } = this.window;
    const { isFresh } = frame;
    if (isFresh) {
      frame.isFresh = false;
      // Items of UN sequences in big endian files are little endian: look.
      const isBig = view.getUint16(this.#offset, false) === 0xFFFE;
      frame.encoding = {
        explicit: frame.encoding.explicit,
        littleEndian: !isBig,
      };
    }
    const { littleEndian } = frame.encoding;
    const tag = readTag(view, this.#offset, littleEndian);
    const length = view.getUint32(this.#offset + 4, littleEndian);
    if (tag === TAG.SequenceDelimitationItem) {
      this.position += 8;
      if (frame.isOpen) this.#leave(frame);
    } else if (tag === TAG.ItemDelimitationItem) {
      this.position += 8;
    } else if (tag !== TAG.Item) {
      this.#noItem(frame, isFresh);
    } else if (frame.kind === "fragments") {
      const end = this.position + 8 + length;
      if (end > frame.end || end > this.window.eof) {
        this.#cut(`A fragment says ${length} bytes and goes past the end`);
        frame.isWarned = true;
      } else this.position = end;
    } else this.#enterItem(frame, length);
    return true;
  }

  /** Leaves a sequence where something else than an item stands. */
  #noItem(frame: Frame, isFresh: boolean): void {
    const label = tagLabel(frame.sequence!.tagNumber);
    this.log.add("structure", this.position, `No item in sequence ${label}`);
    frame.isWarned = true;
    if (!frame.isOpen) {
      this.position = Math.min(frame.end, this.window.eof);
      return;
    }
    this.#leave(frame);
    // Without any item it never was a sequence: nothing near makes sense.
    if (isFresh) this.position = Math.min(frame.end, this.window.eof);
  }

  #enterItem(frame: Frame, length: number): void {
    const isOpen = length === UNDEFINED_LENGTH;
    const start = this.position + 8;
    const declaredEnd = isOpen ? Infinity : start + length;
    if (declaredEnd > frame.end && !isOpen) {
      const text = `An item says ${length} bytes and goes past the end`;
      this.log.add("length", this.position, text);
    }
    const sequence = frame.sequence!;
    const { dataset } = frame;
    const item = new DicomDataset(dataset.context, dataset);
    sequence.items!.push(item);
    const inner = new Frame("dataset", frame, item, frame.encoding, declaredEnd);
    inner.sequence = sequence;
    inner.isOpen = isOpen;
    inner.isUnknown = frame.isUnknown;
    this.position = start;
    this.#enter(inner);
  }
}

/** A standard sequence that was written as UN (PS3.5 §6.2.2 note 4). */
function isUnknownSequence(vr: string, tag: number): boolean {
  return vr === "UN" && implicitVr(tag) === "SQ";
}
