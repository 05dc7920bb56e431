/**
 * The value representations, and what they imply.
 *
 * @module
 */

/** Value representations with a length field of 32 bits (PS3.5 §7.1.2). */
const LONG = ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC"]
  .concat(["UN", "UR", "UT", "UV"]);
const SHORT = ["AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS"]
  .concat(["LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"]);

/** A value representation as the explicit encodings write it. */
export interface ValueRepresentation {
  /** Its two letters. */
  readonly name: string;
  /** Whether its length field has 32 bits. */
  readonly long: boolean;
}

const BY_CODE: ReadonlyMap<number, ValueRepresentation> = new Map(
  [...LONG, ...SHORT].map((name) => [
    name.charCodeAt(0) << 8 | name.charCodeAt(1),
    { name, long: LONG.includes(name) },
  ]),
);

/** Finds a value representation by its letters, first letter in the high byte. */
export function vrByCode(code: number): ValueRepresentation | undefined {
  return BY_CODE.get(code);
}

const TEXT: ReadonlySet<string> = new Set(
  ["LO", "LT", "PN", "SH", "ST", "UC", "UT"],
);
const SINGLE: ReadonlySet<string> = new Set(["LT", "ST", "UT", "UR"]);
const BYTES: ReadonlySet<string> = new Set(
  ["OB", "OD", "OF", "OL", "OV", "OW", "UN"],
);

/** Whether SpecificCharacterSet applies to a VR (PS3.5 §6.1.2.2). */
export function isText(vr: string): boolean {
  return TEXT.has(vr);
}

/** Whether a backslash is an ordinary character in a VR (PS3.5 §6.4). */
export function isSingleValued(vr: string): boolean {
  return SINGLE.has(vr);
}

/** Whether a VR holds raw bytes or words. */
export function isBinary(vr: string): boolean {
  return BYTES.has(vr);
}

const WIDTH: Readonly<Record<string, number>> = {
  AT: 4,
  FL: 4,
  FD: 8,
  SL: 4,
  SS: 2,
  SV: 8,
  UL: 4,
  US: 2,
  UV: 8,
};

/** Bytes per value of a binary number VR; undefined for any other VR. */
export function numberWidth(vr: string): number | undefined {
  return WIDTH[vr];
}

const WORD: Readonly<Record<string, number>> = {
  OW: 2,
  OF: 4,
  OL: 4,
  OD: 8,
  OV: 8,
};

/** Bytes per word of a binary VR, which byte order applies to. */
export function wordWidth(vr: string): number {
  return WORD[vr] ?? 1;
}
