/**
 * The code sets that ISO 2022 switches between, and the escape sequences that name them.
 *
 * @module
 */

/** A graphic character set of ISO 2022 as DICOM uses it (PS3.3 §C.12.1.1.2). */
export interface CodeSet {
  /** Bytes per character. */
  readonly width: 1 | 2;
  /** Decodes a run of bytes that all belong to this set. */
  decode(bytes: Uint8Array): string;
}

const decoders = new Map<string, TextDecoder>();

/** The platform's decoder of `label`, made once. */
export function textDecoder(label: string): TextDecoder {
  const known = decoders.get(label);
  if (known) return known;
  const decoder = new TextDecoder(label, { ignoreBOM: true });
  decoders.set(label, decoder);
  return decoder;
}

function platform(label: string, width: 1 | 2 = 1): CodeSet {
  return { width, decode: (bytes) => textDecoder(label).decode(bytes) };
}

/** ISO 646, the default repertoire (ISO-IR 6). */
export const ASCII: CodeSet = {
  width: 1,
  decode: (bytes) => textDecoder("utf-8").decode(bytes),
};

/** JIS X 0201 Romaji (ISO-IR 14): a yen sign and an overline instead of \ and ~. */
const ROMAJI: CodeSet = {
  width: 1,
  decode: (bytes) => ASCII.decode(bytes).replaceAll("\\", "\u00A5").replaceAll("~", "\u203E"),
};

/** JIS X 0201 Katakana (ISO-IR 13). */
const KATAKANA: CodeSet = {
  width: 1,
  decode: (bytes) =>
    Array.from(
      bytes,
      (byte) => byte > 0xA0 && byte < 0xE0 ? String.fromCharCode(0xFF61 + byte - 0xA1) : "\uFFFD",
    ).join(""),
};

/** JIS X 0208 (ISO-IR 87): the platform has it as EUC-JP, with high bits set. */
const JIS_X_0208: CodeSet = {
  width: 2,
  decode: (bytes) => textDecoder("euc-jp").decode(bytes.map((byte) => byte | 0x80)),
};

/** JIS X 0212 (ISO-IR 159): in EUC-JP behind a byte 8F. */
const JIS_X_0212: CodeSet = {
  width: 2,
  decode: (bytes) => {
    const euc: number[] = [];
    for (let at = 0; at < bytes.length; at += 2) {
      euc.push(0x8F, ...bytes.subarray(at, at + 2).map((byte) => byte | 0x80));
    }
    return textDecoder("euc-jp").decode(new Uint8Array(euc));
  },
};

/** KS X 1001 (ISO-IR 149). */
const KS_X_1001 = platform("euc-kr", 2);
/** GB 2312 (ISO-IR 58). */
const GB_2312 = platform("gbk", 2);

/** A pair of code sets for the lower (G0) and the upper (G1) half. */
export interface Designation {
  /** For bytes 21 to 7E; left as it was when undefined. */
  readonly g0?: CodeSet;
  /** For bytes A0 to FF; left as it was when undefined. */
  readonly g1?: CodeSet;
}

/** Code sets by ISO-IR number, as SpecificCharacterSet names them. */
export const BY_NUMBER: Readonly<Record<string, Designation>> = {
  6: { g0: ASCII },
  13: { g0: ROMAJI, g1: KATAKANA },
  14: { g0: ROMAJI, g1: KATAKANA },
  58: { g0: ASCII, g1: GB_2312 },
  87: { g0: ASCII },
  100: { g0: ASCII, g1: platform("iso-8859-1") },
  101: { g0: ASCII, g1: platform("iso-8859-2") },
  109: { g0: ASCII, g1: platform("iso-8859-3") },
  110: { g0: ASCII, g1: platform("iso-8859-4") },
  126: { g0: ASCII, g1: platform("iso-8859-7") },
  127: { g0: ASCII, g1: platform("iso-8859-6") },
  138: { g0: ASCII, g1: platform("iso-8859-8") },
  144: { g0: ASCII, g1: platform("iso-8859-5") },
  148: { g0: ASCII, g1: platform("iso-8859-9") },
  149: { g0: ASCII, g1: KS_X_1001 },
  159: { g0: ASCII },
  166: { g0: ASCII, g1: platform("windows-874") },
  203: { g0: ASCII, g1: platform("iso-8859-15") },
};

/** Code sets by what follows ESC (PS3.3 tables C.12-3 and C.12-4). */
export const BY_ESCAPE: ReadonlyMap<string, Designation> = new Map<
  string,
  Designation
>([
  ["(B", { g0: ASCII }],
  ["(J", { g0: ROMAJI }],
  [")I", { g1: KATAKANA }],
  ["$B", { g0: JIS_X_0208 }],
  ["$@", { g0: JIS_X_0208 }],
  ["$(D", { g0: JIS_X_0212 }],
  ["$)C", { g1: KS_X_1001 }],
  ["$)A", { g1: GB_2312 }],
  ["-A", { g1: BY_NUMBER[100]!.g1 }],
  ["-B", { g1: BY_NUMBER[101]!.g1 }],
  ["-C", { g1: BY_NUMBER[109]!.g1 }],
  ["-D", { g1: BY_NUMBER[110]!.g1 }],
  ["-F", { g1: BY_NUMBER[126]!.g1 }],
  ["-G", { g1: BY_NUMBER[127]!.g1 }],
  ["-H", { g1: BY_NUMBER[138]!.g1 }],
  ["-L", { g1: BY_NUMBER[144]!.g1 }],
  ["-M", { g1: BY_NUMBER[148]!.g1 }],
  ["-T", { g1: BY_NUMBER[166]!.g1 }],
  ["-b", { g1: BY_NUMBER[203]!.g1 }],
]);
