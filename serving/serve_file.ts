/**
 * Files as HTTP responses: conditions, one range, names (RFC 9110 §13, §14; RFC 6266).
 *
 * @module
 */

import type { ByteRange, Info } from "../vfs/transport.ts";
import type { Vfs } from "../vfs/vfs.ts";
import type { Where } from "../vfs/options.ts";
import { Problem } from "./problem.ts";

/** Who asks for a file, and where it is read from. */
export interface FileRequest {
  /** The request; its condition and range count. */
  readonly request: Request;
  /** Opens the file. */
  readonly files: Pick<Vfs, "open">;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** The file at `where` as the response, without its body to HEAD. @throws the errors of opening it */
export async function serveFile(
  { request, files, signal }: FileRequest,
  where: Where,
  info: Info,
  fileName: string,
): Promise<Response> {
  const etag = etagOf(info);
  const headers = new Headers({
    "content-type": mediaTypeOf(fileName),
    "content-disposition": attachment(fileName),
    "accept-ranges": "bytes",
  });
  if (etag) headers.set("etag", etag);
  if (info.mtime) headers.set("last-modified", info.mtime.toUTCString());
  if (etag && isNamedIn(request.headers.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers });
  }
  const { size } = info;
  const range = size === undefined ? undefined : rangeOf(request, etag, size);
  const length = range ? range.end - range.start : size;
  if (length !== undefined) headers.set("content-length", String(length));
  if (range) headers.set("content-range", `bytes ${range.start}-${range.end - 1}/${size}`);
  const status = range ? 206 : 200;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const file = await files.open(where, { range, signal });
  if (isOther(file.info, info)) {
    // A part of it under the etag of what was there before would be put together with that.
    await file.close();
    throw new Problem(503, "It changes while it is read", { "retry-after": "1" });
  }
  return new Response(file.readable, { status, headers });
}

/** Whether what was opened is surely not what was looked at before. */
function isOther(opened: Info, before: Info): boolean {
  const differs = <T>(a: T | undefined, b: T | undefined) =>
    a !== undefined && b !== undefined && a !== b;
  return differs(opened.size, before.size) || differs(opened.etag, before.etag) ||
    differs(opened.mtime?.getTime(), before.mtime?.getTime());
}

/** The headers that make a browser save a download under a name. */
export function attachment(fileName: string): string {
  const plain = fileName.replace(/[^\x20-\x7e]|["\\]/g, "_");
  return `attachment; filename="${plain}"` +
    (plain === fileName ? "" : `; filename*=UTF-8''${encodeURIComponent(fileName)}`);
}

/** The part that is asked for, when the file is still the one that the client knows. @throws {Problem} 416 */
function rangeOf(
  request: Request,
  etag: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  // Several ranges may be answered with the whole (RFC 9110 §14.2).
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "") ??
    [];
  if (request.method !== "GET" || from + to === "") return undefined;
  const condition = request.headers.get("if-range");
  if (condition !== null && (condition !== etag || etag.startsWith("W/"))) return undefined;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size : Math.min(size, Number(to) + 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  if (start >= size) {
    throw new Problem(416, "Range Not Satisfiable", { "content-range": `bytes */${size}` });
  }
  return { start, end } satisfies ByteRange;
}

function etagOf({ etag, digests, size, mtime }: Info): string | undefined {
  const strong = digests?.sha256 ?? digests?.sha1 ?? digests?.md5;
  if (strong !== undefined) return `"${strong}"`;
  if (etag !== undefined) return `"${etag.replace(/[^\x21\x23-\x7e]/g, "_")}"`;
  return size === undefined || !mtime ? undefined : `W/"${size}-${mtime.getTime()}"`;
}

/** Whether `If-None-Match` names the etag; weakly (RFC 9110 §13.1.2). */
function isNamedIn(header: string | null, etag: string): boolean {
  if (header === null) return false;
  const opaque = (text: string) => text.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((one) => opaque(one) === opaque(etag));
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  dcm: "application/dicom",
  json: "application/json",
  png: "image/png",
  jpg: "image/jpeg",
  zip: "application/zip",
};

function mediaTypeOf(fileName: string): string {
  const extension = fileName.split(".").at(-1)!.toLowerCase();
  return MEDIA_TYPES[extension] ?? "application/octet-stream";
}
