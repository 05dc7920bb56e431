/**
 * Plain paths, as a shell takes them, as the parts of a `file:` location.
 *
 * @module
 */

import { type Platform, platform as here } from "../platform.ts";

/** What a plain path names. */
export interface NativePath {
  /** The server of a Windows network share, or empty. */
  readonly host: string;
  /** Names from the root down; on Windows the first is the drive, such as `C:`. */
  readonly segments: readonly string[];
  /** The path ended with a separator. */
  readonly isDirectoryHint: boolean;
}

/** Takes a path literally, relative ones from the current directory; `.` and `..` are resolved by the text. */
export function parseNativePath(
  path: string,
  platform: Platform = here,
): NativePath {
  const text = withSlashes(path, platform);
  const { host, rest } = absolute(text, platform);
  const segments: string[] = [];
  for (const name of rest.split("/")) {
    if (name === "..") {
      if (segments.length > (platform.isWindows ? 1 : 0)) segments.pop();
    } else if (name !== "" && name !== ".") segments.push(name);
  }
  return {
    host,
    segments,
    isDirectoryHint: text.endsWith("/") && segments.length > 0,
  };
}

/** A plain path, or pattern of such, with the one separator that all systems know. */
export function withSlashes(path: string, platform: Platform = here): string {
  return platform.isWindows ? path.replaceAll("\\", "/") : path;
}

function absolute(
  text: string,
  platform: Platform,
): { host: string; rest: string } {
  if (!platform.isWindows) {
    const rest = text.startsWith("/") ? text : `${platform.cwd()}/${text}`;
    return { host: "", rest };
  }
  const share = /^\/\/([^/]+)(\/.*)$/s.exec(text);
  if (share) return { host: share[1]!, rest: share[2]! };
  if (/^[A-Za-z]:(\/|$)/.test(text)) return { host: "", rest: text };
  const cwd = absolute(withSlashes(platform.cwd(), platform), platform);
  if (!text.startsWith("/")) return { ...cwd, rest: `${cwd.rest}/${text}` };
  const [, top = ""] = /^\/?([^/]*)/.exec(cwd.rest) ?? [];
  return { ...cwd, rest: `${top}${text}` };
}
