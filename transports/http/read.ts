/**
 * What answers tell of files, and reading them.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import { cut } from "../../vfs/layers/cut.ts";
import type { Location } from "../../vfs/location.ts";
import { resolveRange } from "../../vfs/range.ts";
import type { ByteRange, GetOptions, Got, Info } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Answer, Client } from "./client.ts";

/** The URL of the file at `location`. */
function fileUrl(location: Location): string {
  return location.href;
}

/** The URL of the folder at `location`. */
export function folderUrl({ href, isDirectoryHint, segments }: Location): string {
  const [path = "", query] = href.split("?", 2);
  const folder = isDirectoryHint || segments.length === 0 ? path : `${path}/`;
  return query === undefined ? folder : `${folder}?${query}`;
}

/** True for a URL that names a folder by itself. */
export function isFolderUrl({ isDirectoryHint, segments, query }: Location): boolean {
  return query === "" && (isDirectoryHint || segments.length === 0);
}

/** True when the server led from a path to the same path with a slash, as it does for folders. */
export function isFolder({ url }: Answer, location: Location): boolean {
  if (location.query !== "") return false;
  const [to, from] = [new URL(url), new URL(fileUrl(location))];
  return to.origin === from.origin && to.pathname !== from.pathname &&
    decoded(to.pathname) === `${decoded(from.pathname)}/`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What the headers tell of a file (RFC 9110 §8). */
export function infoOf({ headers, status }: Answer): Info {
  const total = status === 206 || status === 416
    ? /\/([0-9]+)$/.exec(headers.get("content-range") ?? "")?.[1]
    : isIdentity(headers)
    ? headers.get("content-length")
    : undefined;
  const etag = headers.get("etag");
  const modified = Date.parse(headers.get("last-modified") ?? "");
  const mediaType = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  return {
    kind: "file",
    ...(total && /^[0-9]+$/.test(total) && { size: Number(total) }),
    // A weak one does not say that the bytes are the same.
    ...(etag?.startsWith('"') && { etag }),
    ...(!Number.isNaN(modified) && { mtime: new Date(modified) }),
    ...(mediaType && { mediaType }),
  };
}

function isIdentity(headers: Answer["headers"]): boolean {
  return /^(|identity)$/i.test(headers.get("content-encoding") ?? "");
}

/** Tells what is at a location: by HEAD or, where a server has none, by the first byte. */
export async function stat(client: Client, location: Location, ask: Ask): Promise<Info> {
  const isNamed = isFolderUrl(location);
  const url = isNamed ? folderUrl(location) : fileUrl(location);
  let answer = await client.request("HEAD", url, ask, { accepts: [405, 501] });
  await answer.body.close();
  if (answer.status > 400) {
    const headers = { range: "bytes=0-0" };
    answer = await client.request("GET", url, ask, { headers, accepts: [416] });
    await answer.body.close();
  }
  return isNamed || isFolder(answer, location) ? { kind: "directory" } : infoOf(answer);
}

/** Implements `get`. */
export async function read(
  client: Client,
  location: Location,
  { range, ifMatch }: GetOptions,
  ask: Ask,
): Promise<Got> {
  if (isFolderUrl(location)) throw new VfsError("IsADirectory", ask);
  if (range && isEmpty(range)) return await readNothing(client, location, range, ifMatch, ask);
  const headers = {
    ...(range && { range: rangeHeader(range) }),
    ...(ifMatch !== undefined && { "if-match": ifMatch }),
  };
  const accepts = range ? [416] : [];
  const answer = await client.request("GET", fileUrl(location), ask, { headers, accepts });
  try {
    if (isFolder(answer, location)) throw new VfsError("IsADirectory", ask);
    const info = infoOf(answer);
    // Many servers do not look at If-Match.
    if (ifMatch !== undefined && info.etag !== ifMatch) throw new VfsError("ConditionFailed", ask);
    return await gotOf(answer, info, range, ask);
  } catch (error) {
    await answer.body.close(error);
    throw error;
  }
}

async function gotOf(
  answer: Answer,
  info: Info,
  range: ByteRange | undefined,
  ask: Ask,
): Promise<Got> {
  const { body, status } = answer;
  if (status === 416) {
    const { start, end } = resolveRange(range, info.size ?? 0, ask.url);
    // Only an empty file has parts that no server gives.
    if (info.size !== 0) throw new VfsError("RangeNotSatisfiable", ask);
    await body.close();
    return { info, offset: start, length: end - start, body: new Uint8Array() };
  }
  if (status !== 206) {
    const whole = { info, offset: 0, length: info.size, body };
    return range ? await cut(whole, range, ask.url) : whole;
  }
  const part = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+|\*)$/.exec(
    answer.headers.get("content-range") ?? "",
  );
  if (part === null || range === undefined || !isIdentity(answer.headers)) {
    throw broken(ask, "the server gave a part that cannot be told");
  }
  const [first, last] = [Number(part[1]), Number(part[2])];
  if (last < first) throw broken(ask, "the server gave a part that ends before it begins");
  return { info, offset: first, length: last - first + 1, body };
}

/** A part without bytes, which HTTP cannot ask for. */
async function readNothing(
  client: Client,
  location: Location,
  range: ByteRange,
  ifMatch: string | undefined,
  ask: Ask,
): Promise<Got> {
  const info = await stat(client, location, ask);
  if (info.kind === "directory") throw new VfsError("IsADirectory", ask);
  if (ifMatch !== undefined && info.etag !== ifMatch) throw new VfsError("ConditionFailed", ask);
  if (info.size === undefined) {
    throw new VfsError("NotSupported", { ...ask, reason: "the size is not told" });
  }
  const { start } = resolveRange(range, info.size, ask.url);
  return { info, offset: start, length: 0, body: new Uint8Array() };
}

function isEmpty(range: ByteRange): boolean {
  return "suffix" in range ? range.suffix === 0 : range.end === range.start;
}

function rangeHeader(range: ByteRange): string {
  if ("suffix" in range) return `bytes=-${range.suffix}`;
  return `bytes=${range.start}-${range.end === undefined ? "" : range.end - 1}`;
}
