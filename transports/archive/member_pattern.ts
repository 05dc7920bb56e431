/**
 * Patterns for the members of an archive, as Python's `fnmatch.fnmatchcase` has them.
 *
 * @module
 */

type Token = "any" | "star" | { readonly text: string } | CharacterSet;

interface CharacterSet {
  readonly isNegated: boolean;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/**
 * Makes the test of whole paths for `pattern`: `*` and `?` take slashes too, `[a-z]` and `[!a]` are sets, and nothing
 * escapes. What is below a path that matches is in, and a slash at the end of the pattern does not count.
 *
 * @example
 * ```ts
 * import { memberPattern } from "./member_pattern.ts";
 * import { strict as assert } from "node:assert";
 *
 * assert(memberPattern("time")("time/time00/Image_00019.dcm"));
 * assert(memberPattern("*19.dcm")("time/time00/Image_00019.dcm"));
 * assert(!memberPattern("time/*0")("time/time01/a"));
 * ```
 */
export function memberPattern(pattern: string): (path: string) => boolean {
  const own = parse([...pattern.replace(/\/$/, "")]);
  const below: Token[] = [...own, { text: "/" }, "star"];
  return (path) => {
    const characters = [...path];
    return isMatch(own, characters) || isMatch(below, characters);
  };
}

/** In a time bounded by the product of both lengths: only the last star is ever tried again. */
function isMatch(tokens: readonly Token[], characters: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let from = 0;
  while (at < characters.length) {
    const next = tokens[token];
    if (next === "star") {
      star = token++;
      from = at;
    } else if (next !== undefined && takes(next, characters[at]!)) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++from;
    } else return false;
  }
  while (tokens[token] === "star") token++;
  return token === tokens.length;
}

function takes(token: Exclude<Token, "star">, character: string): boolean {
  if (token === "any") return true;
  if ("text" in token) return token.text === character;
  const code = character.codePointAt(0)!;
  return token.ranges.some(([from, to]) => from <= code && code <= to) !== token.isNegated;
}

function parse(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === "*") tokens.push("star");
    else if (character === "?") tokens.push("any");
    else if (character === "[") {
      const end = endOfSet(pattern, at);
      tokens.push(end < 0 ? { text: "[" } : setOf(pattern.slice(at + 1, end)));
      if (end > 0) at = end;
    } else tokens.push({ text: character });
  }
  return tokens;
}

/** A bracket that comes first, or after the `!`, is a member. */
function endOfSet(pattern: readonly string[], start: number): number {
  const first = start + (pattern[start + 1] === "!" ? 2 : 1);
  return pattern.indexOf("]", first + 1);
}

function setOf(body: readonly string[]): CharacterSet {
  const isNegated = body[0] === "!";
  const ranges: [number, number][] = [];
  for (let at = isNegated ? 1 : 0; at < body.length; at++) {
    const from = body[at]!.codePointAt(0)!;
    const isRange = body[at + 1] === "-" && at + 2 < body.length;
    if (isRange) at += 2;
    ranges.push([from, body[at]!.codePointAt(0)!]);
  }
  return { isNegated, ranges };
}
