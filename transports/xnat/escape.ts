/**
 * How names become parts of a request's path.
 *
 * @module
 */

/** The path of `segments` below the context path; each is one id, label or word of a route. */
export function route(...segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
}

/**
 * The path of a file below `…/files/`. XNAT decodes this part only when it holds an escaped blank or plus, and then
 * all of it as a form would be; otherwise it compares the text as sent, and then the text decoded
 * (FileList constructor, facts of XNAT 1.8).
 */
export function filePath(names: readonly string[]): string {
  // An asterisk at the end would be a wildcard.
  return names.map((name) => encodeURIComponent(name).replaceAll("*", "%2A")).join("/");
}

/** What makes XNAT look for an archive, as sites are delivered (`SiteConfigPreferences.getZipExtensions`). */
const ARCHIVE_DOT = /\.(?=(zip|jar|rar|ear|gar|mrb)\/)/gi;

/**
 * The path of a file to be read. A wildcard at its end would ask for a list, `!` or a folder named `x.zip` for what is in
 * an archive; escaped they are only found by the second look, at the text decoded. Beside a blank, for which the first look
 * decodes too, they are escaped twice. So is a plus there: proxies may unescape it once on the way, and then it is taken for
 * a blank.
 */
export function contentNames(names: readonly string[]): string {
  const path = filePath(names).replaceAll("!", "%21").replace(ARCHIVE_DOT, "%2E");
  const isMistakable = path.includes("%20") && /%2[1ABE]/.test(path);
  return isMistakable ? path.replace(/%(?!20)/g, "%25") : path;
}

/** Text of a scan's type or id as XNAT wants it in a path, where it splits at commas and slashes. */
export function scanSegment(text: string): string {
  return text.replaceAll("/", "[SLASH]").replaceAll(",", "[COMMA]");
}
