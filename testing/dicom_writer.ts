/**
 * Writes small DICOM datasets and files for tests, in every encoding of PS3.5.
 *
 * @module
 */

import { deflateRawSync } from "node:zlib";
import { implicitVr, tagOf } from "../formats/dicom/dictionary.ts";
import { TAG } from "../formats/dicom/tag.ts";
import { numberWidth, vrByCode } from "../formats/dicom/vr.ts";
import { GrowingBytes } from "./growing_bytes.ts";

/** A value that says its own VR, for private attributes and against the dictionary. */
export interface ElementInput {
  /** Two letters, `UN`. */
  readonly vr: string;
  /** The value. */
  readonly value: ValueInput;
}

/**
 * The value of an attribute: text or numbers, several of them in a list; bytes or words (words are
 * swapped for big endian); items of a sequence; or a list of byte arrays for encapsulated pixel
 * data, the first of which is the offset table (PS3.5 §A.4).
 */
export type ValueInput =
  | string
  | number
  | Uint8Array
  | Uint16Array
  | Int16Array
  | readonly (string | number)[]
  | readonly Uint8Array[]
  | readonly DatasetInput[];

/** A dataset or an item: values by keyword or tag (`00100010`); undefined ones are left out. */
export interface DatasetInput {
  /** Value by keyword or tag. */
  readonly [name: string]: ValueInput | ElementInput | undefined;
}

/** How a dataset is encoded. */
export interface WriteDatasetOptions {
  /** Transfer syntax; explicit VR little endian. Encapsulated ones are explicit little endian. */
  transferSyntaxUID?: string;
  /** Write sequences and items with undefined length and delimiters. */
  undefinedLengths?: boolean;
}

/** Explicit VR little endian, PS3.5 §A.2. */
const EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
const IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2";
const EXPLICIT_BIG_ENDIAN = "1.2.840.10008.1.2.2";
const DEFLATED = "1.2.840.10008.1.2.1.99";

const UNDEFINED = 0xFFFFFFFF;

/**
 * Encodes a dataset without file meta information, as DIMSE carries it.
 *
 * @throws {TypeError} for an unknown attribute, and for text outside of SpecificCharacterSet.
 */
export function writeDicomDataset(
  dataset: DatasetInput,
  options: WriteDatasetOptions = {},
): Uint8Array<ArrayBuffer> {
  const syntax = options.transferSyntaxUID ?? EXPLICIT_LITTLE_ENDIAN;
  const out = new GrowingBytes(syntax !== EXPLICIT_BIG_ENDIAN);
  const writer = new DatasetWriter(
    out,
    syntax !== IMPLICIT_LITTLE_ENDIAN,
    options.undefinedLengths ?? false,
  );
  writer.dataset(dataset);
  const bytes = out.bytes();
  return syntax === DEFLATED ? deflated(bytes) : bytes;
}

/**
 * Encodes a DICOM file: preamble, file meta information and dataset (PS3.10 §7.1).
 *
 * @throws {TypeError} for an unknown attribute, and for text outside of SpecificCharacterSet.
 *
 * @example
 * ```ts
 * import { writeDicomFile } from "@medvfs/vfs/testing";
 * import { strict as assert } from "node:assert";
 *
 * const bytes = writeDicomFile({
 *   SOPClassUID: "1.2.840.10008.5.1.4.1.1.7",
 *   SOPInstanceUID: "2.25.1",
 *   PatientName: "Phantom^Head",
 *   OtherPatientIDsSequence: [{ PatientID: "A" }, { PatientID: "B" }],
 *   Rows: 128,
 * });
 * assert.equal(new TextDecoder().decode(bytes.subarray(128, 132)), "DICM");
 * ```
 */
export function writeDicomFile(
  dataset: DatasetInput,
  options: WriteDatasetOptions = {},
): Uint8Array<ArrayBuffer> {
  const meta = writeDicomDataset({
    "00020001": Uint8Array.of(0, 1),
    MediaStorageSOPClassUID: dataset.SOPClassUID,
    MediaStorageSOPInstanceUID: dataset.SOPInstanceUID,
    TransferSyntaxUID: options.transferSyntaxUID ?? EXPLICIT_LITTLE_ENDIAN,
    ImplementationClassUID: "2.25.293092838457402826129127041404093927936",
    ImplementationVersionName: "MEDVFS",
  });
  const length = writeDicomDataset({ "00020000": meta.length });
  const body = writeDicomDataset(dataset, options);
  const file = new Uint8Array(132 + length.length + meta.length + body.length);
  file.set([0x44, 0x49, 0x43, 0x4D], 128);
  file.set(length, 132);
  file.set(meta, 132 + length.length);
  file.set(body, 132 + length.length + meta.length);
  return file;
}

// An odd length would break the dataset's even length rule (PS3.5 §A.5).
function deflated(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = deflateRawSync(bytes);
  const even = new Uint8Array(packed.length + packed.length % 2);
  even.set(packed);
  return even;
}

class DatasetWriter {
  #characterSet = "";
  #signed = false;

  constructor(
    private readonly out: GrowingBytes,
    private readonly explicit: boolean,
    private readonly undefinedLengths: boolean,
  ) {}

  dataset(item: DatasetInput): void {
    const elements: [number, ValueInput | ElementInput][] = [];
    for (const [name, value] of Object.entries(item)) {
      if (value !== undefined) elements.push([tagOf(name), value]);
    }
    elements.sort(([a], [b]) => a - b);
    const outer = [this.#characterSet, this.#signed] as const;
    for (const [tag, given] of elements) {
      const { vr, value } = isElement(given) ? given : { vr: this.#vrOf(tag, given), value: given };
      if (tag === TAG.SpecificCharacterSet) this.#characterSet = String(value);
      if (tag === TAG.PixelRepresentation) this.#signed = value === 1;
      this.#element(tag, vr, value);
    }
    [this.#characterSet, this.#signed] = outer;
  }

  #vrOf(tag: number, value: ValueInput): string {
    if (value instanceof Uint16Array || value instanceof Int16Array) return "OW";
    if (tag === 0x7FE00010) return "OB";
    const vr = implicitVr(tag);
    return vr !== "xs" ? vr : this.#signed ? "SS" : "US";
  }

  #element(tag: number, vr: string, value: ValueInput): void {
    if (isFragments(value)) {
      this.#header(tag, vr, UNDEFINED);
      for (const fragment of value) {
        this.#mark(TAG.Item, fragment.length + fragment.length % 2);
        this.out.raw(fragment, 1);
        if (fragment.length % 2) this.out.uint8(0);
      }
      this.#mark(TAG.SequenceDelimitationItem, 0);
    } else if (vr === "SQ") {
      this.#sequence(tag, value as readonly DatasetInput[]);
    } else {
      const lengthAt = this.#header(tag, vr, 0);
      const start = this.out.length;
      this.#value(vr, value);
      if ((this.out.length - start) % 2) this.out.uint8(padding(vr));
      this.#patch(lengthAt, vr, this.out.length - start);
    }
  }

  #sequence(tag: number, items: readonly DatasetInput[]): void {
    const open = this.undefinedLengths;
    const lengthAt = this.#header(tag, "SQ", UNDEFINED);
    const start = this.out.length;
    for (const item of items) {
      this.#mark(TAG.Item, UNDEFINED);
      const itemStart = this.out.length;
      this.dataset(item);
      if (open) this.#mark(TAG.ItemDelimitationItem, 0);
      else this.out.uint32At(itemStart - 4, this.out.length - itemStart);
    }
    if (open) this.#mark(TAG.SequenceDelimitationItem, 0);
    else this.#patch(lengthAt, "SQ", this.out.length - start);
  }

  /** Writes tag, VR and length; returns where the length field is. */
  #header(tag: number, vr: string, length: number): number {
    this.#tag(tag);
    if (this.explicit) {
      this.out.ascii(vr);
      if (!isLong(vr)) {
        this.out.uint16(length);
        return this.out.length - 2;
      }
      this.out.uint16(0);
    }
    this.out.uint32(length);
    return this.out.length - 4;
  }

  #patch(at: number, vr: string, length: number): void {
    if (this.explicit && !isLong(vr)) {
      if (length > 0xFFFF) throw new TypeError(`A ${vr} cannot have ${length} bytes`);
      this.out.uint16At(at, length);
    } else this.out.uint32At(at, length);
  }

  #mark(tag: number, length: number): void {
    this.#tag(tag);
    this.out.uint32(length);
  }

  #tag(tag: number): void {
    this.out.uint16(tag >>> 16);
    this.out.uint16(tag & 0xFFFF);
  }

  #value(vr: string, value: ValueInput): void {
    if (value instanceof Uint8Array) return this.out.raw(value, 1);
    if (value instanceof Uint16Array || value instanceof Int16Array) {
      return this.out.raw(value, 2);
    }
    const values = (Array.isArray(value) ? value : [value]) as (string | number)[];
    if (numberWidth(vr) !== undefined) {
      for (const number of values) this.out.number(vr, Number(number));
    } else if (vr === "DS") {
      this.out.ascii(values.map(decimal).join("\\"));
    } else {
      this.out.raw(encodeText(values.join("\\"), this.#characterSet), 1);
    }
  }
}

function isElement(value: ValueInput | ElementInput): value is ElementInput {
  return typeof value === "object" && "vr" in value;
}

function isFragments(value: ValueInput): value is readonly Uint8Array[] {
  return Array.isArray(value) && value[0] instanceof Uint8Array;
}

function isLong(vr: string): boolean {
  return vrByCode(vr.charCodeAt(0) << 8 | vr.charCodeAt(1))?.long ?? true;
}

function padding(vr: string): number {
  return /^(UI|O.|UN)$/.test(vr) ? 0 : 0x20;
}

/** A decimal string has 16 characters at most (PS3.5 §6.2). */
function decimal(value: string | number): string {
  let text = String(value);
  for (let digits = 13; text.length > 16; digits--) {
    const rounded = Number(value).toExponential(digits);
    const plain = String(Number(rounded));
    text = plain.length <= 16 ? plain : rounded;
  }
  return text;
}

function encodeText(text: string, characterSet: string): Uint8Array {
  if (characterSet === "ISO_IR 192") return new TextEncoder().encode(text);
  const highest = characterSet === "ISO_IR 100" ? 0xFF : 0x7F;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > highest) {
      throw new TypeError(`"${text}" cannot be written in character set "${characterSet}"`);
    }
    bytes[i] = code;
  }
  return bytes;
}
