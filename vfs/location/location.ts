/**
 * Locations: what the URLs of all schemes mean, and plain paths.
 *
 * @module
 */

import { DISPLAY, media } from "../notebook.ts";
import { Secret } from "../credentials/credentials.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { isName } from "./names.ts";
import { parseNativePath } from "./native_path.ts";
import { platform } from "../platform.ts";
import {
  decodePart,
  encodeSegment,
  invalidUrl,
  parsePort,
  parseSegments,
  splitUrl,
} from "./url_syntax.ts";

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
        throw invalidUrl(
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
      throw invalidUrl(this.href, `${JSON.stringify(name)} cannot be a name`);
    }
    // `concat` makes a list of just this length, and there may be thousands.
    return this.#at(this.segments.concat(name));
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

  /** What a notebook shows: a picture, where it has one. */
  [DISPLAY](): Promise<Record<string, string>> {
    return media(({ display }) => display(this));
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
/** A percent-encoded URL: what lies in that file is meant, as in `zip://file%3A%2F%2F%2Fa.zip/b`. */
export const NESTED_HOST: RegExp = /^[a-z](?:[a-z0-9+.-]|%2b)*%3a/i;

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
  if (text === "") throw invalidUrl(text, "the URL is empty");
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined && ALMOST_URL.test(text)) {
    throw invalidUrl(text, 'what stands before "://" is no scheme');
  }
  if (scheme === undefined || isDrivePath(text)) return parsePath(text);
  return parseUrl(text, scheme);
}

function isDrivePath(text: string): boolean {
  return platform.isWindows && WINDOWS_DRIVE.test(text);
}

function parsePath(path: string): ParsedLocation {
  if (path.includes("\0")) throw invalidUrl(path, "the path holds a NUL");
  return { location: new Location({ scheme: "file", ...parseNativePath(path) }) };
}

function parseUrl(text: string, scheme: string): ParsedLocation {
  const { userinfo, host, port, path, query } = splitUrl(text);
  const inner = NESTED_HOST.test(host) ? parseInner(text, host, port) : undefined;
  const segments = parseSegments(text, path, scheme === "file");
  const location = new Location({
    scheme,
    // Written out anew, it holds no credentials, and equal URLs are equal hosts.
    host: inner ? encodeURIComponent(inner.location.href) : host,
    port: inner ? undefined : parsePort(text, host, port),
    segments,
    query,
    isDirectoryHint: path.endsWith("/") && segments.length > 0,
  });
  const credentials = userinfo === undefined ? inner?.credentials : parseUserinfo(text, userinfo);
  return credentials ? { location, credentials } : { location };
}

function parseInner(text: string, host: string, port: string | undefined): ParsedLocation {
  if (port === undefined) return parseLocation(decodePart(text, host));
  throw invalidUrl(text, "a URL in place of a host has no port after it");
}

function parseUserinfo(text: string, userinfo: string): Credentials {
  const colon = userinfo.indexOf(":");
  const name = colon < 0 ? userinfo : userinfo.slice(0, colon);
  const username = decodePart(text, name) || undefined;
  return colon < 0 ? { username } : {
    username,
    password: new Secret(decodePart(text, userinfo.slice(colon + 1))),
  };
}
