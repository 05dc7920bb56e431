/**
 * What a DELETE of files means to XNAT: everything whose path **begins** with the text, so `scan1` takes `scan10.dcm` and
 * `scan1/x.dcm` along. A `*` at the end makes it a regular expression too, for the whole path, with `.*` in place of
 * the `*` (CatalogUtils.findCatEntriesWithinPath of XNAT 1.8). That is how one file is named, and no other.
 *
 * @module
 */

/** Stands for no character; a path with `%20` in it is decoded, and otherwise taken as it was sent. */
const DECODED = " {0}";
const END = "$*";

/** The text that means the file at `path` alone; not yet escaped for a URL. */
export function onlyFile(path: string): string {
  return quoted(path) + DECODED + END;
}

/** The text that means all files below the folder at `path`; not yet escaped for a URL. */
export function belowFolder(path: string): string {
  return `${quoted(path)}${DECODED}/*`;
}

function quoted(path: string): string {
  // Tomcat refuses backslashes, escaped or not, so characters are quoted as classes.
  return path.replace(/[^\p{L}\p{N}/_ -]/gu, (c) => UNQUOTABLE.has(c) ? "." : `[${c}]`);
}

/** In a class these mean something else; any one character is what they become. */
const UNQUOTABLE = new Set(["[", "]", "^", "\\", "&", "-"]);

/** The paths among `paths` that the server would remove for `text`. */
export function removedBy(text: string, paths: Iterable<string>): string[] {
  const pattern = text.endsWith("*") ? new RegExp(`^(?:${text.slice(0, -1)}.*)$`, "u") : undefined;
  return [...paths].filter((path) => path.startsWith(text) || pattern?.test(path));
}
