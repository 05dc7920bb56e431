/**
 * What a DELETE of files means to XNAT: everything whose path **begins** with the text, so `scan1` takes `scan10.dcm` and
 * `scan1/x.dcm` along. A `*` at the end makes it a regular expression too, for the whole path, with `.*` in place of
 * the `*` (CatalogUtils.findCatEntriesWithinPath of XNAT 1.8). That is how one file is named, and no other.
 *
 * @module
 */

/** Makes XNAT decode the path, which it takes as it was sent unless there is `%20` in it. */
const DECODED = " ?";
const END = "$*";

/**
 * The texts of which each means the file at `path`, not yet escaped for a URL: one of plain characters, which passes
 * through any proxy but may mean others too, and one that means no other, but for few characters.
 */
export function onlyFile(path: string): readonly string[] {
  return quotings(path).map((text) => text + DECODED + END);
}

/** The same for all files below the folder at `path`. */
export function belowFolder(path: string): readonly string[] {
  return quotings(path).map((text) => `${text}${DECODED}/*`);
}

function quotings(path: string): readonly string[] {
  const names = path.split("/");
  return [names.map(plain).join("/"), names.map(quoted).join("/")];
}

const SPECIAL = /[^\p{L}\p{N}_ -]/gu;

/** Any one character in place of each special one, as long as no step to another folder comes of it. */
function plain(name: string): string {
  const text = name.replace(SPECIAL, ".");
  return /^\.+$/.test(text) ? quoted(name) : text;
}

/** Proxies may unescape brackets, which Tomcat then refuses; it refuses backslashes even when they are escaped. */
function quoted(name: string): string {
  return name.replace(SPECIAL, (c) => c === "+" ? PLUS : UNQUOTABLE.has(c) ? ".{1}" : `[${c}]`);
}

/** Without a plus, which comes as a blank where a proxy has unescaped it: an asterisk, a plus or a comma. */
const PLUS = "[*-,]";

/** In a class these mean something else; any one character is what they become. */
const UNQUOTABLE = new Set(["[", "]", "^", "\\", "&", "-"]);

/** The paths among `paths` that the server would remove for `text`. */
export function removedBy(text: string, paths: Iterable<string>): string[] {
  const pattern = text.endsWith("*") ? new RegExp(`^(?:${text.slice(0, -1)}.*)$`, "u") : undefined;
  return [...paths].filter((path) => path.startsWith(text) || pattern?.test(path));
}
