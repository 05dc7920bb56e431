/**
 * Globs of one name: `*`, `?`, `[a-z]`, `[!a]`, a backslash before a character that is meant itself.
 *
 * @module
 */

/** One character that matches, any one, any number of them, or one of a set. */
type Token = string | "any" | "star" | CharacterSet;

interface CharacterSet {
  readonly isNegated: boolean;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

/** Whose rules a pattern follows: a shell's, or those of Python's `fnmatchcase`, where nothing escapes and `^` is plain. */
export type PatternSyntax = "shell" | "fnmatch";

/** A glob of one name. It matches in a time bounded by the lengths of both, whatever they are. */
export class NamePattern {
  readonly #tokens: readonly Token[];

  /** Parses a glob. Every text is one: a `[` that is never closed is itself. */
  constructor(glob: string, syntax: PatternSyntax = "shell") {
    this.#tokens = parse([...glob], syntax === "shell");
  }

  /** True when the glob has nothing but plain characters, and so matches one name alone. */
  get isLiteral(): boolean {
    return this.#tokens.every((token) =>
      typeof token === "string" && token !== "any" && token !== "star"
    );
  }

  /** True when a leading dot in a name must not be taken by a wildcard, and would be. */
  hides(name: string): boolean {
    return name.startsWith(".") && this.#tokens[0] !== ".";
  }

  /** Whether all of `name` matches. */
  match(name: string): boolean {
    const characters = [...name];
    let token = 0;
    let at = 0;
    // The last star and where it began: it takes one more character whenever the rest does not fit.
    let star = -1;
    let from = 0;
    while (at < characters.length) {
      const next = this.#tokens[token];
      if (next === "star") {
        star = token++;
        from = at;
      } else if (next !== undefined && matches(next, characters[at]!)) {
        token++;
        at++;
      } else if (star >= 0) {
        token = star + 1;
        at = ++from;
      } else return false;
    }
    while (this.#tokens[token] === "star") token++;
    return token === this.#tokens.length;
  }
}

function matches(token: Token, character: string): boolean {
  if (token === "any") return true;
  if (typeof token === "string") return token === character;
  const code = character.codePointAt(0)!;
  const isIn = token.ranges.some(([from, to]) => from <= code && code <= to);
  return isIn !== token.isNegated;
}

function parse(glob: readonly string[], escapes: boolean): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < glob.length; at++) {
    const character = glob[at]!;
    if (character === "*") tokens.push("star");
    else if (character === "?") tokens.push("any");
    else if (escapes && character === "\\" && at + 1 < glob.length) tokens.push(glob[++at]!);
    else if (character === "[") {
      const set = parseSet(glob, at, escapes);
      tokens.push(set ? set.token : character);
      at = set ? set.end : at;
    } else tokens.push(character);
  }
  return tokens;
}

function parseSet(
  glob: readonly string[],
  start: number,
  escapes: boolean,
): { token: CharacterSet; end: number } | undefined {
  let at = start + 1;
  const isNegated = glob[at] === "!" || escapes && glob[at] === "^";
  if (isNegated) at++;
  const ranges: [number, number][] = [];
  // A bracket that comes first is a member, not the end.
  for (let first = at; at < glob.length; at++) {
    if (glob[at] === "]" && at > first) return { token: { isNegated, ranges }, end: at };
    if (escapes && glob[at] === "\\" && at + 1 < glob.length) first = at++;
    const from = glob[at]!.codePointAt(0)!;
    const isRange = glob[at + 1] === "-" && glob[at + 2] !== undefined && glob[at + 2] !== "]";
    if (isRange) at += 2;
    ranges.push([from, glob[at]!.codePointAt(0)!]);
  }
  return undefined;
}
