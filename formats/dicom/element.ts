/**
 * One data element, decoded when it is looked at.
 *
 * @module
 */

import type { DicomDataset } from "./dataset.ts";
import { entryByTag, implicitVr } from "./dictionary.ts";
import { isPrivate, isPrivateCreator, tagString } from "./tag.ts";
import { decodeTexts, decodeValues, type DicomScalar, type DicomValue } from "./values.ts";
import { isBinary } from "./vr.ts";

/** One data element: where it lies, and its value, decoded at first access. */
export class DicomElement {
  /** The items of a sequence; undefined for any other element. */
  readonly items: DicomDataset[] | undefined;
  readonly #vr: string;
  readonly #window: Uint8Array | undefined;
  readonly #offset: number;
  #texts: readonly string[] | undefined;
  #values: readonly DicomScalar[] | undefined;

  /** Made by the scanner only. */
  constructor(
    /** The dataset that the element is in. */
    readonly dataset: DicomDataset,
    /** Tag as a number, group in the upper half. */
    readonly tagNumber: number,
    vr: string,
    /** Byte offset of the element in the file (in the inflated stream of a deflated one). */
    readonly position: number,
    /** Byte offset of its value. */
    readonly valuePosition: number,
    /** Length of the value in bytes; undefined when it was undefined. */
    readonly length: number | undefined,
    /** Byte order of the value. */
    readonly littleEndian: boolean,
    window: Uint8Array | undefined,
    offset: number,
    items?: DicomDataset[],
  ) {
    this.#vr = vr;
    this.#window = window;
    this.#offset = offset;
    this.items = items;
  }

  /** Tag as eight upper-case digits, `00100010`. */
  get tag(): string {
    return tagString(this.tagNumber);
  }

  /** Keyword of PS3.6; undefined for private and unknown elements. */
  get keyword(): string | undefined {
    return entryByTag(this.tagNumber)?.keyword;
  }

  /**
   * VR in force: as written, except that a standard element written as UN has
   * its true VR and that "US or SS" is resolved by PixelRepresentation.
   */
  get vr(): string {
    if (this.items) return "SQ";
    const vr = this.#vr === "UN" ? implicitVr(this.tagNumber) : this.#vr;
    if (vr === "SQ") return "UN"; // a sequence that could not be read as one
    return vr === "xs" ? this.dataset.signedPixels() ? "SS" : "US" : vr;
  }

  /** Creator of the private block that the element is in (PS3.5 §7.8.1). */
  get privateCreator(): string | undefined {
    const { tagNumber } = this;
    const block = (tagNumber >>> 8) & 0xFF;
    if (!isPrivate(tagNumber) || isPrivateCreator(tagNumber) || block < 0x10) {
      return undefined;
    }
    return this.dataset.string(tagNumber - (tagNumber & 0xFFFF) + block);
  }

  /**
   * The raw value in the file's byte order: undefined for sequences,
   * encapsulated data and values above the limit that was set.
   */
  get bytes(): Uint8Array | undefined {
    return this.#window?.subarray(
      this.#offset,
      this.#offset + (this.length ?? 0),
    );
  }

  /** All values as they are written, without padding; none for binary data. */
  get texts(): readonly string[] {
    return this.#texts ??= decodeTexts(this);
  }

  /** All values in their natural types; none for sequences, binary data and what is not in memory. */
  get values(): readonly DicomScalar[] {
    return this.#values ??= decodeValues(this);
  }

  /**
   * The value in its natural type: items of a sequence, bytes of binary data,
   * null when empty, the one value, or the array of several. Undefined when it
   * is not in memory.
   */
  get value(): DicomValue {
    if (this.items) return this.items;
    if (!this.#window) return undefined;
    if (this.length === 0) return null;
    if (isBinary(this.vr)) return this.bytes;
    const { values } = this;
    return values.length > 1 ? values : values[0] ?? null;
  }
}
