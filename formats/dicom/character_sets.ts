/**
 * Text in the character sets that a dataset names, with code extensions.
 *
 * @module
 */

import {
  ASCII,
  BY_ESCAPE,
  BY_NUMBER,
  type CodeSet,
  type Designation,
  textDecoder,
} from "./code_sets.ts";

/** How delimiters work in a value: none, `\` only, or also `^` and `=`. */
export type TextKind = "text" | "list" | "name";

const ESCAPE = 0x1B;
const CONTROL = "\t\n\f\r";

/**
 * The character sets of a dataset, as SpecificCharacterSet (0008,0005) names
 * them, with code extensions (PS3.5 §6.1.2, PS3.3 §C.12.1.1.2).
 *
 * Nothing throws: what cannot be decoded becomes U+FFFD and a warning.
 */
export class CharacterSets {
  readonly #initial: Designation;
  /** Set for encodings that are not built of code sets, as UTF-8. */
  readonly #whole: ((bytes: Uint8Array) => string) | undefined;
  readonly #isNamed: boolean;
  readonly #warn: (text: string) => void;

  /** The sets that `names` stand for; empty means the default repertoire. */
  constructor(names: readonly string[], warn: (text: string) => void) {
    this.#warn = warn;
    const [first = "", ...others] = names.map((name) => name.trim());
    const found = first === "" && others.length > 0
      ? { designation: BY_NUMBER[6]! }
      : this.#lookUp(first);
    this.#isNamed = first !== "";
    this.#initial = found.designation ?? {};
    this.#whole = found.whole;
    // Further names only announce escape sequences, all of which are known.
    for (const name of others) {
      const other = this.#lookUp(name);
      if (other.whole && !this.#whole) {
        warn(`Character set "${name}" cannot follow another one`);
      }
    }
  }

  #lookUp(name: string): NamedSet {
    if (name === "") return { whole: (bytes) => this.#guess(bytes) };
    const found = namedSet(name);
    if (!found) {
      this.#warn(`Character set "${name}" is unknown`);
      return { whole: utf8OrReplacement };
    }
    if (found.isTolerated) {
      this.#warn(`Character set "${name}" is not spelt as the standard says`);
    }
    return found;
  }

  /** What to do with high bytes where no character set is named. */
  #guess(bytes: Uint8Array): string {
    if (!bytes.some((byte) => byte >= 0x80)) return ASCII.decode(bytes);
    const utf8 = strictUtf8(bytes);
    const guess = utf8 === undefined ? "ISO_IR 100" : "ISO_IR 192";
    this.#warn(`No character set is named; text was read as ${guess}`);
    return utf8 ?? textDecoder("iso-8859-1").decode(bytes);
  }

  /** Decodes a value field into its values. */
  decode(bytes: Uint8Array, kind: TextKind): string[] {
    if (this.#whole && (this.#isNamed || !bytes.includes(ESCAPE))) {
      // Split after decoding: a byte 5C can be half a character.
      const text = this.#whole(bytes);
      return kind === "text" ? [text] : text.split("\\");
    }
    return new Iso2022(bytes, kind, this.#initial, this.#warn).decode();
  }
}

interface NamedSet {
  readonly designation?: Designation;
  readonly whole?: (bytes: Uint8Array) => string;
  readonly isTolerated?: boolean;
}

const LATIN: Readonly<Record<string, string>> = {
  1: "100",
  2: "101",
  3: "109",
  4: "110",
  5: "144",
  6: "127",
  7: "126",
  8: "138",
  9: "148",
  11: "166",
  15: "203",
};

function namedSet(name: string): NamedSet | undefined {
  const canonical = name.toUpperCase().replace(/[\s_-]+/g, " ");
  const number = /^ISO ?(?:2022 ?)?(?:IR ?)?(\d{1,3})$/.exec(canonical)?.[1] ??
    LATIN[/^(?:ISO ?8859 ?|LATIN ?)(\d{1,2})$/.exec(canonical)?.[1] ?? ""];
  const isTolerated = !/^(ISO_IR|ISO 2022 IR) \d+$/.test(name);
  if (number === "192") return { ...whole("utf-8"), isTolerated };
  if (number) {
    const designation = BY_NUMBER[number];
    return designation && { designation, isTolerated };
  }
  if (/^(ISO 2022 )?GB ?18030$/.test(canonical)) {
    return { ...whole("gb18030"), isTolerated: canonical !== "GB18030" };
  }
  if (/^(ISO 2022 )?(GBK|GB2312)$/.test(canonical)) {
    return { ...whole("gbk"), isTolerated: canonical !== "GBK" };
  }
  try {
    return { ...whole(textDecoder(name).encoding), isTolerated: true };
  } catch {
    return undefined; // no name that the platform knows either
  }
}

function whole(label: string): NamedSet {
  return { whole: (bytes) => textDecoder(label).decode(bytes) };
}

function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

function utf8OrReplacement(bytes: Uint8Array): string {
  return strictUtf8(bytes) ??
    Array.from(
      bytes,
      (byte) => byte < 0x80 ? String.fromCharCode(byte) : "\uFFFD",
    ).join("");
}

/** One pass over a value field with code extensions (PS3.5 §6.1.2.5). */
class Iso2022 {
  #g0: CodeSet = ASCII;
  #g1: CodeSet | undefined;
  #values: string[] = [];
  #text = "";
  #run: CodeSet | undefined;
  #runStart = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly kind: TextKind,
    readonly initial: Designation,
    readonly warn: (text: string) => void,
  ) {
    this.#reset();
  }

  decode(): string[] {
    const { bytes } = this;
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at]!;
      if (byte === ESCAPE) {
        this.#flush(at);
        at += this.#escape(at);
      } else if (this.#isDelimiter(byte)) {
        this.#flush(at);
        this.#delimit(byte);
        at++;
      } else {
        const set = byte < 0x80 ? byte <= 0x20 ? ASCII : this.#g0 : this.#g1;
        this.#extend(set ?? UNDESIGNATED, at);
        at += set?.width === 2 && byte < 0x80 ? 2 : 1;
      }
    }
    this.#flush(bytes.length);
    this.#values.push(this.#text);
    return this.#values;
  }

  #reset(): void {
    this.#g0 = this.initial.g0 ?? ASCII;
    this.#g1 = this.initial.g1;
  }

  #isDelimiter(byte: number): boolean {
    if (CONTROL.includes(String.fromCharCode(byte))) return true;
    // In a set of two bytes these are halves of characters.
    if (this.#g0.width === 2 || this.kind === "text") return false;
    return byte === 0x5C ||
      (this.kind === "name" && (byte === 0x5E || byte === 0x3D));
  }

  /** Sets return to the initial ones at delimiters (PS3.5 §6.1.2.5.3). */
  #delimit(byte: number): void {
    this.#reset();
    if (byte !== 0x5C) {
      this.#text += String.fromCharCode(byte);
      return;
    }
    this.#values.push(this.#text);
    this.#text = "";
  }

  #extend(set: CodeSet, at: number): void {
    if (this.#run === set) return;
    this.#flush(at);
    this.#run = set;
    this.#runStart = at;
  }

  #flush(at: number): void {
    const run = this.bytes.subarray(this.#runStart, at);
    if (this.#run === UNDESIGNATED) {
      this.warn("Text has bytes outside of its character sets");
    }
    if (this.#run) this.#text += this.#run.decode(run);
    this.#run = undefined;
    this.#runStart = at;
  }

  /** Obeys an escape sequence and returns its length in bytes. */
  #escape(at: number): number {
    for (const length of [2, 3]) {
      const sequence = String.fromCharCode(
        ...this.bytes.subarray(at + 1, at + 1 + length),
      );
      const found = BY_ESCAPE.get(sequence);
      if (!found) continue;
      this.#g0 = found.g0 ?? this.#g0;
      this.#g1 = found.g1 ?? this.#g1;
      return 1 + length;
    }
    this.warn("Text has an unknown escape sequence");
    this.#text += "\uFFFD";
    return 1;
  }
}

/** High bytes where no set is designated for them. */
const UNDESIGNATED: CodeSet = { width: 1, decode: utf8OrReplacement };
