/**
 * Braces of globs.
 *
 * @module
 */

const MAX_EXPANSIONS = 1000;

/**
 * The globs that `{a,b}` stands for, nested ones too, also with slashes in them. Braces without a comma, or
 * never closed, are themselves, as in a shell.
 *
 * @throws `RangeError` for more than 1,000
 */
export function expandBraces(glob: string): string[] {
  let expanded = [""];
  for (let at = 0; at < glob.length;) {
    const choices = glob[at] === "{" ? parseChoices(glob, at) : undefined;
    const length = choices?.length ?? (glob[at] === "\\" ? 2 : 1);
    const endings = choices
      ? choices.parts.flatMap((part) => expandBraces(part))
      : [glob.slice(at, at + length)];
    if (expanded.length * endings.length > MAX_EXPANSIONS) {
      throw new RangeError(`The braces stand for more than ${MAX_EXPANSIONS} globs`);
    }
    expanded = expanded.flatMap((begin) => endings.map((end) => begin + end));
    at += length;
  }
  return [...new Set(expanded)];
}

/** The parts between the commas of the brace at `start`, and how long all of it is. */
function parseChoices(
  glob: string,
  start: number,
): { parts: string[]; length: number } | undefined {
  const parts: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start; at < glob.length; at++) {
    const character = glob[at];
    if (character === "\\") at++;
    else if (character === "{") depth++;
    else if (character === "," && depth === 1) {
      parts.push(glob.slice(from, at));
      from = at + 1;
    } else if (character === "}" && --depth === 0) {
      if (parts.length === 0) return undefined;
      parts.push(glob.slice(from, at));
      return { parts, length: at + 1 - start };
    }
  }
  return undefined;
}
