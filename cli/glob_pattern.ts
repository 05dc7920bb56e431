/**
 * Globs of paths as regular expressions, which walks take.
 *
 * @module
 */

import { expandBraces } from "../vfs/patterns/braces.ts";
import { wrong } from "./command.ts";

/**
 * Makes one of a glob: with a slash it is for the whole path, with `**` for any number of names; without, for a name at
 * any depth.
 */
export function globPattern(glob: string): RegExp {
  try {
    const sources = expandBraces(glob).map((one) => {
      const path = one.replace(/^\/+|\/+$/g, "");
      return path.includes("/") ? sourceOf(path) : `(?:.*/)?${sourceOf(path)}`;
    });
    return new RegExp(`^(?:${sources.join("|")})$`, "su");
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function sourceOf(path: string): string {
  let source = "";
  for (let at = 0; at < path.length; at++) {
    const rest = path.slice(at);
    const set = /^\[(!|\^)?(\]?[^\]/]*)\]/.exec(rest);
    if (rest.startsWith("**/")) {
      source += "(?:.*/)?";
      at += 2;
    } else if (rest.startsWith("**")) {
      source += ".*";
      at++;
    } else if (rest[0] === "*") source += "[^/]*";
    else if (rest[0] === "?") source += "[^/]";
    else if (set) {
      source += `[${set[1] ? "^/" : ""}${set[2]!.replace(/[\\\]&~|^[]/g, "\\$&")}]`;
      at += set[0].length - 1;
    } else {
      if (rest[0] === "\\" && rest.length > 1) at++;
      source += path[at]!.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    }
  }
  return source;
}
