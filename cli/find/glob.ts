/**
 * Globs as regular expressions. minimatch asks for the permission to read the environment as soon as it is loaded,
 * and `find` shall do with `--allow-read`.
 *
 * @module
 */

/**
 * Makes the expression for a glob: `*` and `?` within a segment, `[a-z]`, `[!a]`, `{a,b}`, and `**` as a segment for
 * any depth. A backslash takes the meaning from the next character. Leading dots are matched as anything else.
 */
export function globExpression(glob: string): RegExp {
  let source = "";
  let open = 0;
  for (let at = 0; at < glob.length; at++) {
    const rest = glob.slice(at);
    const character = glob[at]!;
    const set = /^\[([!^]?)(\]?[^\]]*)\]/.exec(rest);
    if (/^\*\*(\/|$)/.test(rest) && (at === 0 || glob[at - 1] === "/")) {
      source += rest.startsWith("**/") ? "(?:[^/]+/)*" : ".*";
      at += rest.startsWith("**/") ? 2 : 1;
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (set) {
      source += `(?!/)[${set[1] ? "^" : ""}${set[2]!.replace(/[\\\][&~|^]/g, "\\$&")}]`;
      at += set[0].length - 1;
    } else if (character === "{" && /^\{[^{]*,.*\}/s.test(rest)) {
      source += "(?:";
      open++;
    } else if (character === "," && open > 0) source += "|";
    else if (character === "}" && open > 0) {
      source += ")";
      open--;
    } else {
      if (character === "\\" && at + 1 < glob.length) at++;
      source += glob[at]!.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
    }
  }
  // A brace that is never closed is a group all the same.
  return new RegExp(`^${source}${")".repeat(open)}$`, "su");
}
