/**
 * Locations: one parser for the URLs of all schemes, and for plain paths.
 *
 * @module
 */

import { Secret } from "./credentials.ts";
import type { Credentials } from "./credentials.ts";
import { redactUrl, VfsError } from "./errors.ts";
import { isName } from "./names.ts";
import { parseNativePath } from "./native_path.ts";
import { platform } from "./platform.ts";

/** The parts of a {@linkcode Location}. */
export interface LocationParts {
  /** URL scheme, lower case, without colon. */
  readonly scheme: string;
  /** Host with its case kept (an AE title or a DNS name), an IPv6 address in brackets, or empty. */
  readonly host?: string;
  /** Port 0–65535. */
  readonly port?: number;
  /** Decoded path segments: none empty, none `.` or `..`. */
  readonly segments?: readonly string[];
  /** The raw query without its `?`. */
  readonly query?: string;
  /** The URL ended with a slash. */
  readonly isDirectoryHint?: boolean;
}

/**
 * Where something is: a parsed URL whose path is decoded segments, and which never holds credentials.
 *
 * @example
 * ```ts
 * import { parseLocation } from "@medvfs/vfs";
 * import { strict as assert } from "node:assert";
 *
 * const { location } = parseLocation("dicom://WS1@pacs:104/ARCHIVE/PAT%2F1");
 * assert.deepEqual(location.segments, ["ARCHIVE", "PAT/1"]);
 * assert.equal(location.href, "dicom://pacs:104/ARCHIVE/PAT%2F1");
 * ```
 */
export class Location {
  /** URL scheme, lower case. */
  readonly scheme: string;
  /** Host with its case kept, or empty. */
  readonly host: string;
  /** Port, when given. */
  readonly port: number | undefined;
  /** Decoded path segments. */
  readonly segments: readonly string[];
  /** Raw query without its `?`, or empty. */
  readonly query: string;
  /** The URL ended with a slash. */
  readonly isDirectoryHint: boolean;
  #href: string | undefined;

  /** Makes a location of its parts. @throws `InvalidUrl` when a segment is no name. */
  constructor(parts: LocationParts) {
    this.scheme = parts.scheme;
    this.host = parts.host ?? "";
    this.port = parts.port;
    this.segments = parts.segments ?? [];
    this.query = (parts.query ?? "").replaceAll("@", "%40");
    this.isDirectoryHint = parts.isDirectoryHint ?? false;
    for (const segment of this.segments) {
      if (!isName(segment)) {
        throw invalid(
          this.origin + "/",
          `${JSON.stringify(segment)} cannot be a path segment`,
        );
      }
    }
  }

  /** Scheme, host and port: what one transport instance serves. */
  get origin(): string {
    const port = this.port === undefined ? "" : `:${this.port}`;
    return `${this.scheme}://${this.host}${port}`;
  }

  /** The last segment, or empty at the root. */
  get name(): string {
    return this.segments.at(-1) ?? "";
  }

  /** The canonical URL text; parsing it gives an equal location. */
  get href(): string {
    if (this.#href === undefined) {
      const path = this.segments.map(encodeSegment).join("/");
      const slash = this.isDirectoryHint && path !== "" ? "/" : "";
      const query = this.query === "" ? "" : `?${this.query}`;
      this.#href = `${this.origin}/${path}${slash}${query}`;
    }
    return this.#href;
  }

  /** The location as a `URL` object. */
  get url(): URL {
    return new URL(this.href);
  }

  /** The location of `name` in this directory. @throws `InvalidUrl` when it is no name. */
  child(name: string): Location {
    if (!isName(name)) {
      throw invalid(this.href, `${JSON.stringify(name)} cannot be a name`);
    }
    return this.#at([...this.segments, name]);
  }

  /** The location below this one by several names. @throws `InvalidUrl` when one is no name. */
  join(...names: string[]): Location {
    return names.reduce<Location>((at, name) => at.child(name), this);
  }

  /** The directory that holds this location, or `undefined` at the root. */
  parent(): Location | undefined {
    return this.segments.length === 0 ? undefined : this.#at(this.segments.slice(0, -1));
  }

  /** True when `other` is this location or lies below it. */
  contains(other: Location): boolean {
    return this.origin === other.origin &&
      this.segments.length <= other.segments.length &&
      this.segments.every((segment, i) => segment === other.segments[i]);
  }

  /** The same as {@linkcode Location.href}. */
  toString(): string {
    return this.href;
  }

  /** The same as {@linkcode Location.href}. */
  toJSON(): string {
    return this.href;
  }

  /** Shows the URL. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Location ${JSON.stringify(this.href)}`;
  }

  #at(segments: readonly string[]): Location {
    const { scheme, host, port } = this;
    return new Location({ scheme, host, port, segments });
  }
}

/** A location, and the credentials that stood in its URL, or in the one that its host is. */
export interface ParsedLocation {
  /** Where; holds no credentials. */
  readonly location: Location;
  /** What stood before the `@`, when anything did. */
  readonly credentials?: Credentials;
}

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const ALMOST_URL = /^[^/\\]*:[/\\]{2}/;
const WINDOWS_DRIVE = /^[A-Za-z]:([\\/]|$)/;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)$/;
/** A percent-encoded URL: what lies in that file is meant, as in `zip://file%3A%2F%2F%2Fa.zip/b`. */
export const NESTED_HOST: RegExp = /^[a-z][a-z0-9+.-]*%3a/i;

/**
 * Parses a URL of any scheme, or a plain path, which means `file:`.
 *
 * Segments are decoded after splitting, so `%2F` is part of a name. A dot segment that only decoding makes
 * (`%2e%2e`), a NUL, an empty segment (but in `file:`), a fragment and a malformed `%` are refused.
 * Literal `.` and `..` are resolved as RFC 3986 §5.2.4 says. Plain paths are taken literally.
 *
 * @throws `InvalidUrl`
 */
export function parseLocation(input: string | URL | Location): ParsedLocation {
  if (input instanceof Location) return { location: input };
  const text = typeof input === "string" ? input : input.href;
  if (text === "") throw invalid(text, "the URL is empty");
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined && ALMOST_URL.test(text)) {
    throw invalid(text, 'what stands before "://" is no scheme');
  }
  if (scheme === undefined || isDrivePath(text)) return parsePath(text);
  return parseUrl(text, scheme);
}

function isDrivePath(text: string): boolean {
  return platform.isWindows && WINDOWS_DRIVE.test(text);
}

function parsePath(path: string): ParsedLocation {
  if (path.includes("\0")) throw invalid(path, "the path holds a NUL");
  return { location: new Location({ scheme: "file", ...parseNativePath(path) }) };
}

function parseUrl(text: string, scheme: string): ParsedLocation {
  const rest = text.slice(scheme.length + 1);
  const hash = rest.indexOf("#");
  if (hash >= 0) {
    throw invalid(text, 'a fragment means nothing here, write "%23" for "#"');
  }
  const mark = rest.indexOf("?");
  const query = mark < 0 ? "" : rest.slice(mark + 1);
  const beforeQuery = mark < 0 ? rest : rest.slice(0, mark);
  const { authority, path } = splitAuthority(text, beforeQuery);
  if (/[:@]/.test(authority) && `${path}${query}`.includes("@")) {
    // It may be the end of a password with a slash in it, which must not be taken for a path.
    throw invalid(text, 'write "%40" for "@" in a path, and "%2F" for "/" in a password');
  }
  const at = authority.lastIndexOf("@");
  const { host, port, inner } = parseHost(text, authority.slice(at + 1));
  const segments = parseSegments(text, path, scheme === "file");
  const location = new Location({
    scheme,
    host,
    port,
    segments,
    query,
    isDirectoryHint: path.endsWith("/") && segments.length > 0,
  });
  if (at < 0) {
    return inner?.credentials ? { location, credentials: inner.credentials } : { location };
  }
  return { location, credentials: parseUserinfo(text, authority.slice(0, at)) };
}

function splitAuthority(
  text: string,
  rest: string,
): { authority: string; path: string } {
  if (!rest.startsWith("//")) {
    if (rest.startsWith("/")) return { authority: "", path: rest };
    const example = `${text.slice(0, text.indexOf(":"))}://`;
    throw invalid(text, `expected "${example}" after the scheme`);
  }
  const slash = rest.indexOf("/", 2);
  return slash < 0
    ? { authority: rest.slice(2), path: "" }
    : { authority: rest.slice(2, slash), path: rest.slice(slash) };
}

function parseHost(
  text: string,
  hostport: string,
): { host: string; port?: number; inner?: ParsedLocation } {
  const match = /^(.*?)(?::([0-9]*))?$/s.exec(hostport);
  const host = match?.[1] ?? "";
  if (!HOST.test(host)) throw invalid(text, "the host is malformed");
  if (NESTED_HOST.test(host)) {
    if (match?.[2] !== undefined) {
      throw invalid(text, "a URL in place of a host has no port after it");
    }
    // Written out anew, it holds no credentials, and equal URLs are equal hosts.
    const inner = parseLocation(decode(text, host));
    return { host: encodeURIComponent(inner.location.href), inner };
  }
  if (host.startsWith("[")) checkIpv6(text, host);
  const digits = match?.[2] ?? "";
  if (digits === "") return { host };
  const port = Number(digits);
  if (host === "" || port > 65535) throw invalid(text, "the port is malformed");
  return { host, port };
}

function checkIpv6(text: string, host: string): void {
  if (!URL.canParse(`http://${host}/`)) {
    throw invalid(text, "the IPv6 address is malformed");
  }
}

function parseUserinfo(text: string, userinfo: string): Credentials {
  const colon = userinfo.indexOf(":");
  const name = colon < 0 ? userinfo : userinfo.slice(0, colon);
  const username = decode(text, name) || undefined;
  return colon < 0 ? { username } : {
    username,
    password: new Secret(decode(text, userinfo.slice(colon + 1))),
  };
}

function parseSegments(
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
      throw invalid(text, "a path segment is empty");
    } else if (part !== "." && part !== "") {
      const segment = decode(text, part);
      if (!isName(segment)) {
        throw invalid(text, `${JSON.stringify(part)} cannot be a path segment`);
      }
      segments.push(segment);
    }
  }
  return segments;
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(text, 'a "%" is not followed by UTF-8 in hexadecimal');
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

function invalid(url: string, reason: string): VfsError {
  return new VfsError("InvalidUrl", {
    op: "parse",
    url: redactUrl(url),
    reason,
  });
}
