/**
 * Identifiers as names of entries, and back: nothing that an archive sends can leave a folder or read as a wildcard.
 *
 * @module
 */

import { NamePattern } from "../../vfs/patterns/name_pattern.ts";

/** The name of an empty PatientID. */
const EMPTY = "_";
const SPECIAL = /[\p{Cc}%/\\*?<>:"|]|^\.|[. ]$/gu;
const ESCAPES = /(?:%[0-9A-Fa-f]{2})+/g;
const WILDCARD = /[*?]/;

/**
 * The name of an identifier: itself, but for characters that mean something in a path, which are percent-coded.
 *
 * @example
 * ```ts
 * import { decodeName, encodeName } from "./names.ts";
 * import { strict as assert } from "node:assert";
 *
 * assert.equal(encodeName("A/1"), "A%2F1");
 * assert.equal(encodeName(".."), "%2E%2E");
 * assert.equal(decodeName(encodeName("")), "");
 * ```
 */
export function encodeName(id: string): string {
  if (id === "") return EMPTY;
  return id === EMPTY ? escape(EMPTY) : id.replace(SPECIAL, escape);
}

/** The identifier that a name stands for; also one that was not coded where it could be. */
export function decodeName(name: string): string {
  if (name === EMPTY) return "";
  return name.replace(ESCAPES, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function escape(character: string): string {
  const code = character.charCodeAt(0);
  if (code > 0x7F) return encodeURIComponent(character);
  return `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** One segment of a URL: an identifier, or a wildcard for several. */
export interface Name {
  /** The identifier; of a wildcard, what to ask an archive for. */
  readonly text: string;
  /** What an identifier must match; undefined when it is `text` itself. */
  readonly glob?: NamePattern;
}

/** Reads a segment: `*` and `?` are wildcards, percent-coded they are themselves. */
export function nameOf(segment: string): Name {
  if (!WILDCARD.test(segment)) return { text: decodeName(segment) };
  const parts = segment.split(/([*?])/);
  const decoded = parts.map((part) => WILDCARD.test(part) ? part : decodeName(part));
  return {
    // What is no wildcard here is one for an archive, which then answers more than is asked.
    text: decoded.map((part, i) => i % 2 ? part : part.replace(/[*?]/g, "?")).join(""),
    glob: new NamePattern(
      decoded.map((part, i) => i % 2 ? part : part.replace(/[\\*?[\]]/g, "\\$&")).join(""),
    ),
  };
}

/** Whether an identifier is what a name says. */
export function isMeant({ text, glob }: Name, id: string): boolean {
  return glob ? glob.match(id) : text === id;
}

/** True for a UID (PS3.5 §9.1) that can be a name and a key: not one that an archive would take for a list. */
export function isUID(text: string): boolean {
  return /^[0-9][0-9.]{0,63}$/.test(text);
}
