/**
 * How elements are written, by transfer syntax or, where that is wrong or absent, by their bytes.
 *
 * @module
 */

import { implicitVr } from "./dictionary.ts";
import { isPixelData, isPrivate, TAG } from "./tag.ts";
import { isBinary, numberWidth, vrByCode } from "./vr.ts";

/** How elements are written (PS3.5 Annex A.1, A.2, A.3). */
export interface Encoding {
  /** Whether each element names its VR. */
  readonly explicit: boolean;
  /** Byte order. */
  readonly littleEndian: boolean;
}

/** Implicit VR Little Endian. */
export const IMPLICIT_LITTLE: Encoding = {
  explicit: false,
  littleEndian: true,
};
/** Explicit VR Little Endian, which all compressed syntaxes use too. */
export const EXPLICIT_LITTLE: Encoding = { explicit: true, littleEndian: true };
/** Explicit VR Big Endian, retired. */
const EXPLICIT_BIG: Encoding = { explicit: true, littleEndian: false };

const DEFLATED: ReadonlySet<string> = new Set([
  "1.2.840.10008.1.2.1.99",
  "1.2.840.10008.1.2.4.95",
  "1.2.840.10008.1.2.4.205",
]);

/** Whether the dataset of a transfer syntax is deflated as a whole (PS3.5 §A.5). */
export function isDeflated(transferSyntaxUID: string | undefined): boolean {
  return DEFLATED.has(transferSyntaxUID ?? "");
}

/** The encoding that a transfer syntax prescribes for elements. */
export function encodingOf(transferSyntaxUID: string): Encoding {
  switch (transferSyntaxUID) {
    case "1.2.840.10008.1.2":
    case "1.2.840.113619.5.2": // GE's private one: implicit, big endian pixels
      return IMPLICIT_LITTLE;
    case "1.2.840.10008.1.2.2":
      return EXPLICIT_BIG;
    default:
      return EXPLICIT_LITTLE;
  }
}

/** The uncompressed transfer syntax that prescribes an encoding. */
export function syntaxOf({ explicit, littleEndian }: Encoding): string {
  if (!explicit) return "1.2.840.10008.1.2";
  return littleEndian ? "1.2.840.10008.1.2.1" : "1.2.840.10008.1.2.2";
}

// A dataset without preamble starts low; text cannot, its bytes are above 0x20.
const LAST_FIRST_GROUP = 0x0020;
const LOOK_AHEAD = 3;
// NUL as padding; TAB, LF, FF, CR and ESC (PS3.5 §6.1.3).
const ALLOWED = [0, 0x09, 0x0A, 0x0C, 0x0D, 0x1B];
const MAX_FIRST_LENGTH = 0x10000;

/**
 * Guesses the encoding of elements that start at `offset`, by checking the
 * first three against the dictionary; undefined when it is no dataset.
 */
export function guessEncoding(
  view: DataView,
  offset: number,
): Encoding | undefined {
  return [EXPLICIT_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE].find((encoding) =>
    isDataset(view, offset, encoding)
  );
}

function isDataset(view: DataView, start: number, encoding: Encoding): boolean {
  let at = start;
  let previous = -1;
  // Group lengths alone prove nothing, and neither do empty elements, or one whose value is not there.
  let elements = 0;
  let values = 0;
  for (let seen = 0; seen < LOOK_AHEAD; seen++) {
    // A file can end after its first element, a slice in a later one.
    if (at === view.byteLength) return values > 0 && !isGroupLength(previous);
    if (at + 8 > view.byteLength) return values > 0 && seen > 1;
    const tag = readTag(view, at, encoding.littleEndian);
    if (tag <= previous) return false;
    if (seen === 0 && tag >>> 16 > LAST_FIRST_GROUP) return false;
    const next = elementEnd(view, at, tag, encoding, seen === 0);
    if (next === undefined) return false;
    // Sequences and pixel data are not looked into.
    if (next === 0) return seen > 0;
    if (!isGroupLength(tag)) {
      elements++;
      if (next > at + 8 && next <= view.byteLength) values++;
    }
    previous = tag;
    at = next;
  }
  return elements > 0;
}

function isGroupLength(tag: number): boolean {
  return (tag & 0xFFFF) === 0;
}

/** End of a plausible element, 0 for one that cannot be stepped over. */
function elementEnd(
  view: DataView,
  at: number,
  tag: number,
  encoding: Encoding,
  first: boolean,
): number | undefined {
  const standard = implicitVr(tag);
  if (tag <= 0xFFFF) return undefined; // group 0000 is never in a file
  if (isPrivate(tag) ? first : standard === "UN") return undefined;
  let length = view.getUint32(at + 4, encoding.littleEndian);
  let end = at + 8;
  if (encoding.explicit) {
    const vr = vrByCode(view.getUint16(at + 4, false));
    if (!vr || (first && !agrees(vr.name, standard))) return undefined;
    if (vr.long && at + 12 > view.byteLength) return undefined;
    length = vr.long
      ? view.getUint32(at + 8, encoding.littleEndian)
      : view.getUint16(at + 6, encoding.littleEndian);
    end = vr.long ? at + 12 : at + 8;
  }
  if (length === 0xFFFFFFFF || isPixelData(tag)) return 0;
  if (isGroupLength(tag) && length !== 4) return undefined;
  if (first && length > MAX_FIRST_LENGTH) return undefined;
  return isPlausible(view, standard, end, length) ? end + length : undefined;
}

/** Whether a value can be one of its VR: whole numbers, or text. */
function isPlausible(
  view: DataView,
  vr: string,
  start: number,
  length: number,
): boolean {
  const width = numberWidth(vr);
  if (width !== undefined) return length % width === 0;
  if (isBinary(vr) || vr === "SQ" || vr === "xs") return true;
  const end = Math.min(start + length, view.byteLength);
  for (let at = start; at < end; at++) {
    const byte = view.getUint8(at);
    if (byte < 0x20 && !ALLOWED.includes(byte)) return false;
  }
  return true;
}

function agrees(vr: string, standard: string): boolean {
  return vr === standard || vr === "UN" ||
    (standard === "xs" && (vr === "US" || vr === "SS"));
}

/** Reads a tag as one number, group in the upper half. */
export function readTag(
  view: DataView,
  at: number,
  littleEndian: boolean,
): number {
  return view.getUint16(at, littleEndian) * 0x10000 +
    view.getUint16(at + 2, littleEndian);
}

/**
 * The encoding of a nested dataset whose first element lies at `at`: the
 * surrounding one unless the bytes say otherwise, as UN sequences (PS3.5
 * §6.2.2) and careless writers have it.
 */
export function nestedEncoding(
  view: DataView,
  at: number,
  available: number,
  expected: Encoding,
): Encoding {
  const { littleEndian } = expected;
  const first = view.getUint8(at + 4);
  const second = view.getUint8(at + 5);
  const vr = vrByCode(first << 8 | second);
  const length = view.getUint32(at + 4, littleEndian);
  if (expected.explicit) {
    const implicit = !vr && !(isUpper(first) && isUpper(second)) &&
      (length <= available - 8 || isOpenSequence(view, at, littleEndian));
    return implicit ? { explicit: false, littleEndian } : expected;
  }
  if (!vr) return expected;
  const standard = implicitVr(readTag(view, at, littleEndian));
  return length > available - 8 || agrees(vr.name, standard)
    ? { explicit: true, littleEndian }
    : expected;
}

/** Whether an implicit VR element at `at` has items and no length. */
export function isOpenSequence(
  view: DataView,
  at: number,
  littleEndian: boolean,
): boolean {
  if (view.getUint32(at + 4, littleEndian) !== 0xFFFFFFFF) return false;
  if (at + 12 > view.byteLength) return false;
  const tag = readTag(view, at + 8, littleEndian);
  return tag === TAG.Item || tag === TAG.SequenceDelimitationItem;
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5A;
}

/** Whether a tag read in one byte order is a plausible first tag in the other. */
export function isSwapped(view: DataView, at: number, little: boolean): boolean {
  const here = readTag(view, at, little) >>> 16;
  const there = view.getUint16(at, !little);
  return here > 0xFF && there > 0 && there <= LAST_FIRST_GROUP &&
    (here & 0xFF) === 0 && implicitVr(readTag(view, at, !little)) !== "UN";
}

/** Whether a tag starts an item or delimits one. */
export function isDelimiter(tag: number): boolean {
  return tag === TAG.Item || tag === TAG.ItemDelimitationItem ||
    tag === TAG.SequenceDelimitationItem;
}
