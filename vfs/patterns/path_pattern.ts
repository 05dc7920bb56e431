/**
 * Globs of whole paths, matched name by name on the way down.
 *
 * @module
 */

import { expandBraces } from "./braces.ts";
import { NamePattern } from "./name_pattern.ts";

type Matcher = NamePattern | "**";

/** Which matchers of which alternative come next: where a match can go on. */
export type MatchState = readonly (readonly [alternative: number, next: number])[];

/** Options of {@linkcode PathPattern}. */
export interface PathPatternOptions {
  /** Wildcards take names with a leading dot. @default {false} */
  readonly dot?: boolean;
}

/** Alternatives of a path, each a list of globs of names, or `**` for any number of names. */
export class PathPattern {
  readonly #alternatives: readonly (readonly Matcher[])[];
  readonly #dot: boolean;

  /** Makes a pattern of globs by name, for each alternative. */
  constructor(
    alternatives: readonly (readonly string[])[],
    { dot = false }: PathPatternOptions = {},
  ) {
    this.#dot = dot;
    this.#alternatives = alternatives.map((names) =>
      names.map((glob) => glob === "**" ? glob : new NamePattern(glob))
    );
  }

  /** Parses a glob with slashes and braces. @throws `RangeError` when its braces stand for too many */
  static parse(glob: string, options?: PathPatternOptions): PathPattern {
    const alternatives = expandBraces(glob).map((one) =>
      one.split("/").filter((name) => name !== "" && name !== ".")
    );
    return new PathPattern(alternatives, options);
  }

  /** The most names that can match. */
  get depth(): number {
    return Math.max(
      ...this.#alternatives.map((one) => one.includes("**") ? Infinity : one.length),
    );
  }

  /** The state before the first name. */
  get start(): MatchState {
    return this.#close(this.#alternatives.map((_, i) => [i, 0] as const));
  }

  /** The state after `name`. */
  advance(state: MatchState, name: string): MatchState {
    const next: (readonly [number, number])[] = [];
    for (const [i, at] of state) {
      const matcher = this.#alternatives[i]![at];
      if (matcher === undefined) continue;
      if (matcher === "**") {
        if (this.#dot || !name.startsWith(".")) next.push([i, at]);
      } else if (matcher.match(name) && (this.#dot || !matcher.hides(name))) {
        next.push([i, at + 1]);
      }
    }
    return this.#close(next);
  }

  /** True when the names so far are a match. */
  isMatch(state: MatchState): boolean {
    return state.some(([i, at]) => at === this.#alternatives[i]!.length);
  }

  /** True when the names so far can be the beginning of a longer match. */
  canGoOn(state: MatchState): boolean {
    return state.some(([i, at]) => at < this.#alternatives[i]!.length);
  }

  /** Whether the path of these names matches. */
  match(names: readonly string[]): boolean {
    let state = this.start;
    for (const name of names) state = this.advance(state, name);
    return this.isMatch(state);
  }

  /** Adds the states that a `**` reaches by matching nothing. */
  #close(state: MatchState): MatchState {
    const seen = new Set<string>();
    const closed: (readonly [number, number])[] = [];
    for (const [i, first] of state) {
      for (let at = first;; at++) {
        const id = `${i}:${at}`;
        if (seen.has(id)) break;
        seen.add(id);
        closed.push([i, at]);
        if (this.#alternatives[i]![at] !== "**") break;
      }
    }
    return closed;
  }
}
