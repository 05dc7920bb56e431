/**
 * Patterns for the members of an archive, as Python's `fnmatch.fnmatchcase` has them.
 *
 * @module
 */

import { NamePattern } from "./name_pattern.ts";

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
  const plain = pattern.replace(/\/$/, "");
  const own = new NamePattern(plain, "fnmatch");
  const below = new NamePattern(`${plain}/*`, "fnmatch");
  return (path) => own.match(path) || below.match(path);
}
