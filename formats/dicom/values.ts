/**
 * Value fields decoded, by VR.
 *
 * @module
 */

import { latin1 } from "../text.ts";
import type { DicomDataset } from "./dataset.ts";
import type { DicomElement } from "./element.ts";
import { PersonName } from "./person_name.ts";
import { tagString } from "./tag.ts";
import { isBinary, isSingleValued, isText, numberWidth } from "./vr.ts";

/** One decoded value; UV and SV are bigint, DS and IS numbers where valid. */
export type DicomScalar = string | number | bigint | PersonName;

/** A decoded value field, see {@linkcode DicomElement.value}. */
export type DicomValue =
  | DicomScalar
  | readonly DicomScalar[]
  | readonly DicomDataset[]
  | Uint8Array
  | null
  | undefined;

const BACKSLASH = 0x5C;
const ESCAPE = 0x1B;
// Leading spaces mean something in free text and in names (PS3.5 §6.2).
const KEEPS_LEADING: ReadonlySet<string> = new Set(
  ["LT", "ST", "UT", "UC", "PN", "UR"],
);

/** Decodes the values of an element as the text that is written. */
export function decodeTexts(element: DicomElement): readonly string[] {
  const { bytes, vr } = element;
  if (!bytes || bytes.length === 0 || isBinary(vr)) return [];
  const width = numberWidth(vr);
  if (width !== undefined) return decodeNumbers(element, bytes, vr, width).map(String);
  const texts = split(element, bytes, vr);
  return texts.length === 1 ? [trim(texts[0]!, vr)] : texts.map((text) => trim(text, vr));
}

function split(
  element: DicomElement,
  bytes: Uint8Array,
  vr: string,
): readonly string[] {
  const isSingle = isSingleValued(vr);
  if (isText(vr) && !isPlain(bytes)) {
    const sets = element.dataset.characterSets();
    return sets.decode(bytes, isSingle ? "text" : vr === "PN" ? "name" : "list");
  }
  const text = latin1(bytes);
  return isSingle || !bytes.includes(BACKSLASH) ? [text] : text.split("\\");
}

/** Whether bytes are the same in every character set of DICOM. */
function isPlain(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    // 0x5C and 0x7E differ in JIS X 0201.
    if (byte >= 0x7E || byte === ESCAPE || byte === BACKSLASH) return false;
  }
  return true;
}

function trim(text: string, vr: string): string {
  let end = text.length;
  // Padding is a space or, in UI and by mistake elsewhere, a NUL.
  while (end > 0 && isPadding(text.charCodeAt(end - 1))) end--;
  let start = 0;
  if (!KEEPS_LEADING.has(vr)) {
    while (start < end && isPadding(text.charCodeAt(start))) start++;
  }
  return text.slice(start, end);
}

function isPadding(code: number): boolean {
  return code === 0x20 || code === 0;
}

/** Decodes the values of an element in their natural types. */
export function decodeValues(element: DicomElement): readonly DicomScalar[] {
  const { vr, texts } = element;
  if (vr === "PN") return texts.map((text) => new PersonName(text));
  if (vr === "DS" || vr === "IS") {
    return texts.map((text) => decimal(element, text));
  }
  const width = vr === "AT" ? undefined : numberWidth(vr);
  if (width === undefined || !element.bytes) return texts;
  return decodeNumbers(element, element.bytes, vr, width);
}

function decimal(element: DicomElement, text: string): string | number {
  if (text === "") return text;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  element.dataset.warnValue(element, "is not a number");
  return text;
}

function decodeNumbers(
  element: DicomElement,
  bytes: Uint8Array,
  vr: string,
  width: number,
): DicomScalar[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: DicomScalar[] = [];
  for (let at = 0; at + width <= bytes.length; at += width) {
    values.push(readNumber(view, at, vr, element.littleEndian));
  }
  if (bytes.length % width !== 0) {
    element.dataset.warnValue(element, `has no whole number of ${vr} values`);
  }
  return values;
}

function readNumber(
  view: DataView,
  at: number,
  vr: string,
  little: boolean,
): DicomScalar {
  switch (vr) {
    case "US":
      return view.getUint16(at, little);
    case "SS":
      return view.getInt16(at, little);
    case "UL":
      return view.getUint32(at, little);
    case "SL":
      return view.getInt32(at, little);
    case "FL":
      return view.getFloat32(at, little);
    case "FD":
      return view.getFloat64(at, little);
    case "UV":
      return view.getBigUint64(at, little);
    case "SV":
      return view.getBigInt64(at, little);
    default: // AT: a tag, two numbers of 16 bits
      return tagString(
        view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little),
      );
  }
}
