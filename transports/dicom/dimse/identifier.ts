import { entryByTag, tagOf } from "../../../formats/dicom/dictionary.ts";
import { numberWidth } from "../../../formats/dicom/vr.ts";
import { TRANSFER_SYNTAX } from "./uids.ts";

/** Keys of a query by keyword or tag: text, several values in a list, numbers; empty text to be answered. */
export interface IdentifierInput {
  /** Value by keyword or tag. */
  readonly [name: string]: string | number | readonly string[];
}

const LONG = /^(OB|OD|OF|OL|OV|OW|SQ|UC|UN|UR|UT)$/;

/**
 * The bytes of an identifier, in implicit or explicit VR little endian, with text in UTF-8 and a Specific
 * Character Set that says so. What is encoded already stays.
 *
 * @throws `TypeError` for a name that is no keyword and no tag
 *
 * @example
 * ```ts
 * import { encodeIdentifier } from "./identifier.ts";
 * import { strict as assert } from "node:assert";
 *
 * const bytes = encodeIdentifier({ PatientID: "P1" }, "1.2.840.10008.1.2");
 * assert.equal(bytes.length, 8 + 10 + 8 + 2);
 * ```
 */
export function encodeIdentifier(
  identifier: IdentifierInput | Uint8Array<ArrayBuffer>,
  transferSyntaxUID: string,
): Uint8Array<ArrayBuffer> {
  if (identifier instanceof Uint8Array) return identifier;
  const all = { SpecificCharacterSet: "ISO_IR 192", ...identifier };
  const elements = Object.entries(all)
    .map(([name, value]) => ({ tag: tagOf(name), value }))
    .sort((a, b) => a.tag - b.tag);
  const isImplicit = transferSyntaxUID === TRANSFER_SYNTAX.implicit;
  const out: number[] = [];
  const number = (value: number, bytes: number) => {
    for (let i = 0; i < bytes; i++) out.push(Math.floor(value / 2 ** (8 * i)) & 0xFF);
  };
  for (const { tag, value } of elements) {
    const listed = entryByTag(tag)?.vr ?? "UN";
    const vr = listed === "xs" ? "US" : listed;
    const bytes = encodeValue(vr, value);
    number(tag >>> 16, 2);
    number(tag & 0xFFFF, 2);
    if (isImplicit) number(bytes.length, 4);
    else {
      out.push(vr.charCodeAt(0), vr.charCodeAt(1));
      if (LONG.test(vr)) number(0, 2);
      number(bytes.length, LONG.test(vr) ? 4 : 2);
    }
    for (const byte of bytes) out.push(byte);
  }
  return Uint8Array.from(out);
}

function encodeValue(vr: string, value: string | number | readonly string[]): Uint8Array {
  const width = numberWidth(vr);
  if (typeof value === "number" && width !== undefined) {
    const bytes = new Uint8Array(width);
    for (let i = 0; i < width; i++) bytes[i] = Math.floor(value / 2 ** (8 * i)) & 0xFF;
    return bytes;
  }
  const text = typeof value === "object" ? value.join("\\") : String(value);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length % 2 === 0) return bytes;
  const padded = new Uint8Array(bytes.length + 1).fill(vr === "UI" ? 0 : 0x20);
  padded.set(bytes);
  return padded;
}
