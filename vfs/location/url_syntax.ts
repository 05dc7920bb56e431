/**
 * The syntax of URLs (RFC 3986): text to its parts, and names to text. What the parts mean is told in `location.ts`.
 *
 * @module
 */

import { redactUrl, VfsError } from "../errors.ts";
import { isName } from "./names.ts";

/** The parts of a URL, none of them decoded. */
export interface UrlParts {
  /** What stands before the `@`. */
  readonly userinfo?: string;
  /** Host, or empty. */
  readonly host: string;
  /** Digits after the colon; empty for a colon alone. */
  readonly port?: string;
  /** Empty, or from its first slash on. */
  readonly path: string;
  /** What follows the first `?`. */
  readonly query: string;
}

const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)$/;

/** Splits a URL with a scheme. @throws `InvalidUrl` */
export function splitUrl(text: string): UrlParts {
  const rest = text.slice(text.indexOf(":") + 1);
  if (rest.includes("#")) {
    throw invalidUrl(text, 'a fragment means nothing here, write "%23" for "#"');
  }
  const mark = rest.indexOf("?");
  const query = mark < 0 ? "" : rest.slice(mark + 1);
  const { authority, path } = splitAuthority(text, mark < 0 ? rest : rest.slice(0, mark));
  if (/[:@]/.test(authority) && `${path}${query}`.includes("@")) {
    // It may be the end of a password with a slash in it, which must not be taken for a path.
    throw invalidUrl(text, 'write "%40" for "@" in a path, and "%2F" for "/" in a password');
  }
  const at = authority.lastIndexOf("@");
  const [, host = "", port] = /^(.*?)(?::([0-9]*))?$/s.exec(authority.slice(at + 1)) ?? [];
  if (!HOST.test(host)) throw invalidUrl(text, "the host is malformed");
  if (host.startsWith("[") && !URL.canParse(`http://${host}/`)) {
    throw invalidUrl(text, "the IPv6 address is malformed");
  }
  return { userinfo: at < 0 ? undefined : authority.slice(0, at), host, port, path, query };
}

function splitAuthority(
  text: string,
  rest: string,
): { authority: string; path: string } {
  if (!rest.startsWith("//")) {
    if (rest.startsWith("/")) return { authority: "", path: rest };
    const example = `${text.slice(0, text.indexOf(":"))}://`;
    throw invalidUrl(text, `expected "${example}" after the scheme`);
  }
  const slash = rest.indexOf("/", 2);
  return slash < 0
    ? { authority: rest.slice(2), path: "" }
    : { authority: rest.slice(2, slash), path: rest.slice(slash) };
}

/** The port that the digits after `host` tell. @throws `InvalidUrl` */
export function parsePort(
  text: string,
  host: string,
  digits: string | undefined,
): number | undefined {
  if (!digits) return undefined;
  const port = Number(digits);
  if (host === "" || port > 65535) throw invalidUrl(text, "the port is malformed");
  return port;
}

/** The decoded segments of a path, dot segments resolved; `collapse` lets some be empty. @throws `InvalidUrl` */
export function parseSegments(
  text: string,
  path: string,
  collapse: boolean,
): string[] {
  const raw = path.split("/").slice(1);
  if (raw.at(-1) === "") raw.pop();
  const segments: string[] = [];
  for (const part of raw) {
    if (part === "..") segments.pop();
    else if (part === "" && !collapse) {
      throw invalidUrl(text, "a path segment is empty");
    } else if (part !== "." && part !== "") {
      const segment = decodePart(text, part);
      if (!isName(segment)) {
        throw invalidUrl(text, `${JSON.stringify(part)} cannot be a path segment`);
      }
      segments.push(segment);
    }
  }
  return segments;
}

/** Decodes a part of the URL `text`. @throws `InvalidUrl` */
export function decodePart(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidUrl(text, 'a "%" is not followed by UTF-8 in hexadecimal');
  }
}

const PLAIN = /^[A-Za-z0-9._~:,+=-]*$/;

/** Percent-encodes a name as one path segment; `*` too, so that no name reads as a glob. */
export function encodeSegment(segment: string): string {
  if (PLAIN.test(segment)) return segment;
  return encodeURIComponent(segment)
    .replace(/%(3A|2C|2B|3D)/g, decodeURIComponent)
    .replace(/[*'()!]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The error for a URL that is none. */
export function invalidUrl(url: string, reason: string): VfsError {
  return new VfsError("InvalidUrl", {
    op: "parse",
    url: redactUrl(url),
    reason,
  });
}
