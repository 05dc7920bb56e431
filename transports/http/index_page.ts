/**
 * The pages by which web servers list a folder: those of Apache, nginx, lighttpd, Python's `http.server`, and of Caddy
 * and rclone, whose pages look alike.
 *
 * @module
 */

import { isName } from "../../vfs/location/names.ts";

/** An entry of a page. */
export interface Link {
  /** Its name, decoded. */
  readonly name: string;
  /** It is a folder. */
  readonly isDirectory: boolean;
}

const TITLE = /<(?:title|h1)[^>]*>\s*(?:index of|directory listing for)\b/i;
// With bounds, since a page that has no end of tags that do not end would be gone through for each.
const LEADS_UP = /<a\s[^<>]{0,1000}?href\s{0,9}=\s{0,9}["']?\.\.\/?["'\s>]/i;
const HREF = /<a\s[^<>]{0,1000}?href\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;

/** True for a page that says that it lists a folder, or has the folder's name or path for a title and leads up. */
export function isIndex(page: string, url: string): boolean {
  if (TITLE.test(page.slice(0, 4096))) return true;
  const title = /<title>([^<]*)<\/title>/i.exec(page.slice(0, 4096))?.[1]?.trim();
  if (title === undefined) return false;
  const shown = bare(unescapeText(title));
  const path = bare(decoded(new URL(url).pathname) ?? "");
  if (path === "") return shown === "" && title !== "";
  return (shown === path || shown === path.split("/").at(-1)) && LEADS_UP.test(page);
}

function bare(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

/**
 * The links of the page at `url` that lead right below it. Those that lead elsewhere, up or deeper are no entries.
 *
 * @throws {RangeError} for a link whose name cannot be one
 */
export function linksOf(page: string, url: string): Link[] {
  const base = new URL(url);
  const found = new Map<string, Link>();
  for (const [, double, single, bare] of page.matchAll(HREF)) {
    const href = unescapeText(double ?? single ?? bare ?? "");
    const to = URL.parse(href, base);
    if (to?.origin !== base.origin || to.search !== "" || !to.pathname.startsWith(base.pathname)) {
      continue;
    }
    const rest = to.pathname.slice(base.pathname.length);
    const isDirectory = rest.endsWith("/");
    const segment = isDirectory ? rest.slice(0, -1) : rest;
    if (segment === "" || segment.includes("/")) continue;
    const name = decoded(segment);
    if (name === undefined || !isName(name) || /[/\\]/.test(name)) {
      throw new RangeError(`${JSON.stringify(segment.slice(0, 80))} cannot be a name`);
    }
    if (!found.get(name)?.isDirectory) found.set(name, { name, isDirectory });
  }
  return [...found.values()];
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The characters that HTML writes as references. */
function unescapeText(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi,
    (whole, hex, decimal, name) => {
      if (name) return NAMED[name.toLowerCase()] ?? whole;
      const code = hex ? parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
