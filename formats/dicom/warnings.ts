/**
 * Deviations from the standard that reading went on after.
 *
 * @module
 */

import { FormatError } from "../errors.ts";

/**
 * What kind of deviation was found. The first four are damage, which `strict`
 * turns into errors; the others are tolerated everywhere.
 */
export type HeaderWarningCode =
  | "truncated"
  | "length"
  | "structure"
  | "limit"
  | "encoding"
  | "meta"
  | "order"
  | "padding"
  | "charset"
  | "value";

/** A deviation from the standard that reading went on after. */
export interface HeaderWarning {
  /** What kind of deviation. */
  readonly code: HeaderWarningCode;
  /** Byte offset in the file, or in the inflated stream of a deflated one. */
  readonly position: number;
  /** One sentence for people. */
  readonly text: string;
}

const DAMAGE: ReadonlySet<HeaderWarningCode> = new Set(
  ["truncated", "length", "structure", "limit"],
);
const MAX_WARNINGS = 100;

/** Whether a warning means that part of the header could not be read. */
export function isDamage(warning: HeaderWarning): boolean {
  return DAMAGE.has(warning.code);
}

/** Collects warnings, to a bound; in strict mode damage throws. */
export class WarningLog {
  /** What was found so far, in order. */
  readonly list: HeaderWarning[] = [];
  readonly #strict: boolean;
  readonly #once = new Set<string>();

  /** A log that throws on damage when `strict`. */
  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /**
   * Notes a deviation.
   *
   * @throws {FormatError} `Corrupt`, or `LimitExceeded` for a limit, in strict mode.
   */
  add(code: HeaderWarningCode, position: number, text: string): void {
    if (this.#strict && DAMAGE.has(code)) {
      const kind = code === "limit" ? "LimitExceeded" : "Corrupt";
      throw new FormatError(kind, `${text} at byte ${position}`, position);
    }
    if (this.list.length < MAX_WARNINGS) {
      this.list.push({ code, position, text });
    }
  }

  /** Notes a deviation of the tolerated kind once per text. */
  once(code: HeaderWarningCode, position: number, text: string): void {
    if (this.#once.has(text) || this.#once.size >= MAX_WARNINGS) return;
    this.#once.add(text);
    this.add(code, position, text);
  }
}
