import type { PlatformPath } from "node:path";

/** The two conversions in which Node's `node:url` and `@std/path` differ. */
export interface FileUrls {
  /** The path that a `file:` URL names. @throws `TypeError` for another scheme. */
  fromFileUrl(url: string | URL): string;
  /** The `file:` URL of an absolute path. @throws `TypeError` for a relative one. */
  toFileUrl(path: string): URL;
}

/** The part of `@std/path` that medvfs uses. */
export interface PathFlavour extends FileUrls {
  /** The last part of a path, less `suffix`. */
  basename(path: string | URL, suffix?: string): string;
  /** The path without its last part. */
  dirname(path: string | URL): string;
  /** The extension with its dot, or an empty string. */
  extname(path: string | URL): string;
  /** Whether a path is absolute. */
  isAbsolute(path: string): boolean;
  /** Joins parts with the separator and normalizes the outcome. */
  join(path?: string | URL, ...paths: string[]): string;
  /** Resolves `.`, `..` and doubled separators. */
  normalize(path: string | URL): string;
  /** The relative path between two paths. */
  relative(from: string, to: string): string;
  /** An absolute path of parts, from the right to the left. */
  resolve(...paths: string[]): string;
  /** The separator of path segments. */
  readonly SEPARATOR: "/" | "\\";
}

/** Gives Node's path functions the signatures and corner cases of `@std/path`. */
export function flavour(native: PlatformPath, urls: FileUrls): PathFlavour {
  const text = (path: string | URL): string => path instanceof URL ? urls.fromFileUrl(path) : path;
  return {
    ...urls,
    basename(path, suffix = "") {
      const name = native.basename(text(path)) || rootOf(native, text(path));
      return name.endsWith(suffix) && name !== suffix
        ? name.slice(0, name.length - suffix.length)
        : name;
    },
    dirname: (path) => trimmed(native, native.dirname(text(path))),
    extname: (path) => native.extname(text(path)),
    isAbsolute: (path) => native.isAbsolute(path),
    join: (path, ...paths) => native.join(text(path ?? ""), ...paths),
    normalize: (path) => native.normalize(text(path)),
    relative: (from, to) => native.relative(from, to),
    resolve: (...paths) => native.resolve(...paths),
    SEPARATOR: native.sep,
  };
}

// Node has no name for a root, @std calls it by its separator.
function rootOf(native: PlatformPath, path: string): string {
  return /[\\/]$/.exec(native.parse(path).root)?.[0] ?? "";
}

// Node leaves the first of doubled separators, @std none.
function trimmed(native: PlatformPath, dir: string): string {
  const { length } = native.parse(dir).root;
  const separators = native.sep === "/" ? /\/+$/ : /[\\/]+$/;
  return dir.slice(0, length) + dir.slice(length).replace(separators, "");
}

/** Parses a `file:` URL. @throws `TypeError` for another scheme. */
export function fileUrl(url: string | URL): URL {
  const parsed = new URL(url);
  if (parsed.protocol !== "file:") {
    throw new TypeError(
      `URL must be a file URL: received "${parsed.protocol}"`,
    );
  }
  return parsed;
}

/** Percent-decodes a URL path, in which a lone percent sign means itself. */
export function decodePath(pathname: string): string {
  return decodeURIComponent(
    pathname.replaceAll(/%(?![0-9A-F]{2})/gi, "%25"),
  );
}

/** A `file:` URL with the given path, whose characters in `plain` are no syntax. */
export function urlOfPath(path: string, plain: RegExp): URL {
  const url = new URL("file:///");
  // The setter encodes `?` and `#` itself, but drops line breaks and tabs.
  url.pathname = path.replaceAll(plain, (char) => encodeURIComponent(char));
  return url;
}

/** @throws `TypeError` unless the path is absolute. */
export function assertAbsolute(native: PlatformPath, path: string): void {
  if (!native.isAbsolute(path)) {
    throw new TypeError(`Path must be absolute: received "${path}"`);
  }
}
