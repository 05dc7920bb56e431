/**
 * Where in the folder an instance lies.
 *
 * @module
 */

/** Longest name of a folder or file, in characters. */
const LONGEST = 100;

// Separators of paths, what Windows refuses in names, control characters and the escape itself.
// deno-lint-ignore no-control-regex -- these are the characters to find
const UNSAFE = /[\x00-\x1F\x7F/\\:*?"<>|%]|^[. ]|[. ]$/g;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A name for a value that a peer sent: it stays in its folder, whatever the value, and two values have two names.
 * Unsafe characters become `%XX`, an empty value `_`.
 *
 * @example
 * ```ts
 * import { safeName } from "./layout.ts";
 * import { strict as assert } from "node:assert";
 *
 * assert.equal(safeName("../PAT 1"), "%2E.%2FPAT 1");
 * assert.equal(safeName(""), "_");
 * ```
 */
export function safeName(value: string): string {
  if (value === "") return "_";
  const well = value.toWellFormed().replace(UNSAFE, escaped);
  const name = RESERVED.test(well) || well === "_" ? escaped(well[0]!) + well.slice(1) : well;
  return name.length <= LONGEST ? name : `${name.slice(0, LONGEST - 20)}~${digest(value)}`;
}

/** Folders and file of an instance: `PATIENT/STUDY/SERIES/INSTANCE.dcm`. */
export function pathOf(values: Readonly<Record<string, string | undefined>>): string[] {
  const { PatientID = "", StudyInstanceUID = "", SeriesInstanceUID = "", SOPInstanceUID = "" } =
    values;
  const folders = [PatientID, StudyInstanceUID, SeriesInstanceUID].map(safeName);
  return [...folders, `${safeName(SOPInstanceUID)}.dcm`];
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** FNV-1a of 64 bits: tells long names apart that begin alike. */
function digest(text: string): string {
  let hash = 0xCBF29CE484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = (hash ^ BigInt(byte)) * 0x100000001B3n & 0xFFFFFFFFFFFFFFFFn;
  }
  return hash.toString(16).padStart(16, "0");
}
