/**
 * What answers tell of files, and reading them.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { isNotFound, VfsError } from "../../vfs/errors.ts";
import { cut } from "../../vfs/layers/cut_range.ts";
import type { Location } from "../../vfs/location/location.ts";
import { resolveRange } from "../../vfs/bytes/range.ts";
import type { ByteRange, GetOptions, Got, Info } from "../../vfs/transport.ts";
import { broken } from "../web/errors.ts";
import type { Answer, Client } from "./client.ts";

/** The URL of the file at `location`. */
function fileUrl(location: Location): string {
  return location.href;
}

/** The URL of the folder at `location`. */
export function folderUrl({ href, isDirectoryHint, segments }: Location): string {
  if (isDirectoryHint || segments.length === 0) return href;
  return href.replace(/(?=\?)|$/, "/");
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

/** What the headers tell of the file at a location (RFC 9110 §8). */
export function infoOf({ headers, status }: Answer, location: Location): Info {
  const total = status === 206 || status === 416
    ? /\/([0-9]+)$/.exec(headers.get("content-range") ?? "")?.[1]
    : isAsStored(headers, location)
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

/** The endings of files that servers label with an encoding, instead of compressing what they send. */
const LABELS: Readonly<Record<string, RegExp>> = {
  "": /(?:)/,
  identity: /(?:)/,
  gzip: /\.(?:t?gz|svgz)$/i,
  br: /\.br$/i,
  bzip2: /\.t?bz2?$/i,
  compress: /\.Z$/,
  zstd: /\.zst$/i,
};

/** True for the bytes of the file itself: those of `a.gz` are, although a server may call them `gzip`. */
function isAsStored(headers: Answer["headers"], { name }: Location): boolean {
  const coding = (headers.get("content-encoding") ?? "").trim().toLowerCase().replace(/^x-/, "");
  const label = Object.hasOwn(LABELS, coding) ? LABELS[coding] : undefined;
  // What is compressed as it is sent has no length.
  return label?.test(name) === true && (coding === "" || headers.has("content-length"));
}

/** Tells what is at a location: by HEAD or, where a server has none or tells no size, by the first byte. */
export async function stat(client: Client, location: Location, ask: Ask): Promise<Info> {
  if (isFolderUrl(location)) {
    await look(client, folderUrl(location), ask, () => true);
    return { kind: "directory" };
  }
  const isTold = (answer: Answer) =>
    isFolder(answer, location) || infoOf(answer, location).size !== undefined;
  try {
    const answer = await look(client, fileUrl(location), ask, isTold);
    return isFolder(answer, location) ? { kind: "directory" } : infoOf(answer, location);
  } catch (error) {
    if (await isHiddenFolder(client, location, error, ask)) return { kind: "directory" };
    throw error;
  }
}

/** True for a folder that is found with a slash alone: not every server leads from the one to the other. */
async function isHiddenFolder(
  client: Client,
  location: Location,
  error: unknown,
  ask: Ask,
): Promise<boolean> {
  if (!isNotFound(error) || location.query !== "") return false;
  try {
    await look(client, folderUrl(location), ask, () => true);
    return true;
  } catch (other) {
    if (isNotFound(other)) return false;
    throw other;
  }
}

/** The headers that the server has for a URL. */
async function look(
  client: Client,
  url: string,
  ask: Ask,
  isTold: (answer: Answer) => boolean,
): Promise<Answer> {
  const answer = await client.request("HEAD", url, ask, { accepts: [405, 501] });
  await answer.body.close();
  if (answer.status < 400 && isTold(answer)) return answer;
  const headers = { range: "bytes=0-0" };
  const first = await client.request("GET", url, ask, { headers, accepts: [416] });
  await first.body.close();
  return first;
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
  const answer = await client.request("GET", fileUrl(location), ask, { headers, accepts })
    .catch(async (error) => {
      const isFolder = await isHiddenFolder(client, location, error, ask);
      throw isFolder ? new VfsError("IsADirectory", ask) : error;
    });
  try {
    if (isFolder(answer, location)) throw new VfsError("IsADirectory", ask);
    if (!isAsStored(answer.headers, location)) {
      throw broken(ask, "the server compresses it, which it was not asked to");
    }
    const info = infoOf(answer, location);
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
  if (part === null || range === undefined) {
    throw broken(ask, "the server gave a part that cannot be told");
  }
  const [first, last] = [Number(part[1]), Number(part[2])];
  if (last < first) throw broken(ask, "the server gave a part that ends before it begins");
  const isAsked = "start" in range && first === range.start && last + 1 === range.end;
  if (part[3] === "*" && !isAsked) {
    throw broken(ask, "the server does not tell whether the part that it gave is all of it");
  }
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
