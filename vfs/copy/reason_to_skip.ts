/**
 * Which entries no copy is made of.
 *
 * @module
 */

import type { Entry } from "../entry.ts";

/** Why an entry is left alone, if it is: only files are copied, and links to files where links are followed. */
export function reasonToSkip(
  entry: Entry,
  { followSymlinks }: { readonly followSymlinks?: boolean },
): string | undefined {
  if (entry.isFile) return undefined;
  if (!entry.isSymlink) return "not a regular file";
  if (!followSymlinks) return "a symbolic link";
  return entry.target === "file" ? undefined : "a link that leads to no file";
}
