/**
 * The keys of queries, encoded.
 *
 * @module
 */

import { implicitVr, tagOf } from "../../../formats/dicom/dictionary.ts";
import { numberWidth } from "../../../formats/dicom/vr.ts";
import { TRANSFER_SYNTAX } from "./uids.ts";

/** Keys of a query by keyword or tag: text, several values in a list, numbers; empty text to be answered. */
export interface IdentifierInput {
  /** Value by keyword or tag. */
  readonly [name: string]: string | number | readonly string[];
}

// deno-lint-ignore no-control-regex -- the range of ASCII
const ASCII = /^[\x00-\x7F]*$/;
const LONG = /^(OB|OD|OF|OL|OV|OW|SQ|UC|UN|UR|UT)$/;

/**
 * The bytes of an identifier, in implicit or explicit VR little endian. Text is in UTF-8, and where it is not
 * ASCII alone, a Specific Character Set says so; there is none otherwise (PS3.4 §C.4.1.1.3.1): some archives
 * take it for a key, and answer with what has the same alone. What is encoded already stays.
 *
 * @throws `TypeError` for a name that is no keyword and no tag, and for a value of 64 KiB in explicit VR
 *
 * @example
 * ```ts
 * import { encodeIdentifier } from "./identifier.ts";
 * import { strict as assert } from "node:assert";
 *
 * const bytes = encodeIdentifier({ PatientID: "P1" }, "1.2.840.10008.1.2");
 * assert.equal(bytes.length, 8 + 2);
 * ```
 */
export function encodeIdentifier(
  identifier: IdentifierInput | Uint8Array<ArrayBuffer>,
  transferSyntaxUID: string,
): Uint8Array<ArrayBuffer> {
  if (identifier instanceof Uint8Array) return identifier;
  const isAscii = Object.values(identifier).flat().every((each) => ASCII.test(String(each)));
  const all = isAscii ? identifier : { SpecificCharacterSet: "ISO_IR 192", ...identifier };
  const isImplicit = transferSyntaxUID === TRANSFER_SYNTAX.implicit;
  let total = 0;
  const elements = Object.entries(all).map(([name, value]) => {
    const tag = tagOf(name);
    const listed = implicitVr(tag);
    const vr = listed === "xs" ? "US" : listed;
    const bytes = encodeValue(vr, value);
    const isLong = !isImplicit && LONG.test(vr);
    if (!isImplicit && !isLong && bytes.length > 0xFFFF) {
      throw new TypeError(`${name} has ${bytes.length} bytes, too many for explicit VR`);
    }
    total += (isLong ? 12 : 8) + bytes.length;
    return { tag, vr, isLong, bytes };
  });
  elements.sort((a, b) => a.tag - b.tag);
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { tag, vr, isLong, bytes } of elements) {
    view.setUint16(at, tag >>> 16, true);
    view.setUint16(at + 2, tag & 0xFFFF, true);
    if (isImplicit) view.setUint32(at + 4, bytes.length, true);
    else {
      out[at + 4] = vr.charCodeAt(0);
      out[at + 5] = vr.charCodeAt(1);
      if (isLong) view.setUint32(at + 8, bytes.length, true);
      else view.setUint16(at + 6, bytes.length, true);
    }
    at += isLong ? 12 : 8;
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

const TEXT = new TextEncoder();

function encodeValue(vr: string, value: string | number | readonly string[]): Uint8Array {
  const width = numberWidth(vr);
  if (typeof value === "number" && width !== undefined) {
    const bytes = new Uint8Array(width);
    for (let i = 0; i < width; i++) bytes[i] = Math.floor(value / 2 ** (8 * i)) & 0xFF;
    return bytes;
  }
  const text = typeof value === "object" ? value.join("\\") : String(value);
  const bytes = TEXT.encode(text);
  if (bytes.length % 2 === 0) return bytes;
  const padded = new Uint8Array(bytes.length + 1).fill(vr === "UI" ? 0 : 0x20);
  padded.set(bytes);
  return padded;
}
