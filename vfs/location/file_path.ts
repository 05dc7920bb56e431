/**
 * The native paths of `file:` locations, in the flavours of POSIX and Windows. Pure: nothing here touches a disk.
 *
 * @module
 */

import { VfsError } from "../errors.ts";
import type { Location } from "./location.ts";
import { platform } from "../platform.ts";

/** Whose rules a native path follows. */
export type Flavour = "posix" | "windows";

/** The flavour of the system that this runs on. */
export const NATIVE: Flavour = platform.isWindows ? "windows" : "posix";

/**
 * The native path of `location`.
 *
 * @throws `InvalidUrl` when the location has none: a foreign host, a query, a separator in a segment, and on
 * Windows a missing drive or a name that Windows reserves
 */
export function nativePath(
  location: Location,
  flavour: Flavour = NATIVE,
): string {
  if (location.query !== "") {
    throw invalid(location, 'a query means nothing here, write "%3F" for "?"');
  }
  if (location.port !== undefined) {
    throw invalid(location, "a port means nothing here");
  }
  return flavour === "windows" ? windowsPath(location) : posixPath(location);
}

/** True when `path` is `root` or lies below it, going by the text of both. */
export function isWithin(
  root: string,
  path: string,
  flavour: Flavour = NATIVE,
): boolean {
  const separator = flavour === "windows" ? "\\" : "/";
  const [top, below] = flavour === "windows"
    ? [root.toLowerCase(), path.toLowerCase()]
    : [root, path];
  return below === top ||
    below.startsWith(top.endsWith(separator) ? top : top + separator);
}

function isLocal(host: string): boolean {
  return host === "" || host.toLowerCase() === "localhost";
}

function posixPath(location: Location): string {
  const { host, segments } = location;
  if (!isLocal(host)) {
    throw invalid(
      location,
      `"${host}" is read as a host, write "file:///…" for a path`,
    );
  }
  for (const segment of segments) {
    if (segment.includes("/")) {
      throw invalid(location, `"${segment}" is no file name`);
    }
  }
  return "/" + segments.join("/");
}

const DRIVE = /^[A-Za-z]:$/;
// deno-lint-ignore no-control-regex -- these are the characters that Windows refuses
const FORBIDDEN = /[\x00-\x1f<>:"/\\|?*]/;
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;

function windowsPath(location: Location): string {
  const { host, segments } = location;
  if (isLocal(host)) {
    const [drive = "", ...names] = segments;
    if (!DRIVE.test(drive)) {
      throw invalid(location, 'the path has no drive, such as "file:///C:/…"');
    }
    for (const name of names) checkWindowsName(location, name);
    return `${drive}\\${names.join("\\")}`;
  }
  // "\\.\" and "\\?\" are the namespaces of devices.
  if (/^[.[]/.test(host)) throw invalid(location, `"${host}" is no server`);
  if (segments.length === 0) {
    throw invalid(location, 'the path has no share, such as "file://host/share"');
  }
  for (const name of segments) checkWindowsName(location, name);
  return `\\\\${host}\\${segments.join("\\")}`;
}

/** In UTF-16, on every file system of Windows. */
const MAX_NAME = 255;

function checkWindowsName(location: Location, name: string): void {
  // The system says of such a name that it is not found.
  if (name.length > MAX_NAME) throw invalid(location, "a name is too long");
  if (!FORBIDDEN.test(name) && !RESERVED.test(name) && !/[. ]$/.test(name)) {
    return;
  }
  throw invalid(location, `"${name}" is no file name on Windows`);
}

function invalid(location: Location, reason: string): VfsError {
  return new VfsError("InvalidUrl", {
    op: "resolve",
    url: location.href,
    reason,
  });
}
