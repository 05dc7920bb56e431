/**
 * Answers with the bytes of one file: ranges and conditions as Restlet 1.1 handles them.
 *
 * @module
 */

import { own } from "../own.ts";
import type { Call } from "../http/call.ts";
import { refuse } from "../http/refusal.ts";
import { empty, streamOf } from "../http/reply.ts";
import { servedFor } from "../model/catalog.ts";
import type { CatalogFile } from "./listing.ts";
import { baseName } from "./path.ts";

const TYPES: Readonly<Record<string, string>> = {
  bmp: "image/bmp",
  gif: "image/gif",
  html: "text/html",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tiff: "image/tiff",
  txt: "text/plain",
  xml: "text/xml",
};

/** Media type of a name. */
export function mediaType(name: string): string {
  return own(TYPES, name.slice(name.lastIndexOf(".") + 1).toLowerCase()) ??
    "application/octet-stream";
}

/** Answers with a file; 404 without a body when it is not on the disk. */
export function fileReply(call: Call, { catalog, entry }: CatalogFile): Response {
  const { world, request } = call;
  const served = servedFor(world.archive, catalog.resource, entry.path);
  if (!served) return empty(404);
  const { file, path } = served;
  const modified = Math.floor(file.modified / 1000) * 1000;
  const headers: Record<string, string> = {
    "content-type": mediaType(path),
    "last-modified": new Date(modified).toUTCString(),
    "cache-control": "must-revalidate",
    "content-disposition": `attachment; filename="${headerText(baseName(path))}"`,
  };
  // There is no entity tag that could match.
  if (request.headers.has("if-match")) refuse(412);
  const since = Date.parse(request.headers.get("if-modified-since") ?? "");
  if (modified <= since) return new Response(null, { status: 304, headers: asHeaders(headers) });
  return ranged(call, file.blob, file.size, headers);
}

/** A header value is made of bytes; names in other alphabets go as UTF-8. */
function asHeaders(headers: Record<string, string>): Headers {
  const encoder = new TextEncoder();
  return new Headers(
    Object.entries(headers).map(([name, value]) =>
      [name, String.fromCharCode(...encoder.encode(value))] as [string, string]
    ),
  );
}

function ranged(call: Call, blob: string, size: number, plain: Record<string, string>): Response {
  const range = call.request.headers.get("range");
  const headers = asHeaders(plain);
  const wanted = range === null ? undefined : parseRange(range, size);
  const [start, end] = wanted ?? [0, size];
  headers.set("content-length", String(end - start));
  if (wanted) headers.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  const status = wanted ? 206 : 200;
  // Beyond the end fewer bytes come than were promised, and the connection drops.
  const body = streamOf(call.world.blobs.read(blob, start, Math.min(end, size)));
  return new Response(body, { status, headers });
}

/** Start and end (exclusive); undefined when the header is no range of bytes. */
function parseRange(header: string, size: number): [number, number] | undefined {
  if (!header.startsWith("bytes=")) return;
  const ranges = header.slice("bytes=".length).split(",");
  if (ranges.length > 1) refuse(501, "Multiple ranges are not supported");
  const parts = /^\s*(\d*)-(\d*)\s*$/.exec(ranges[0]!);
  if (!parts) return;
  const [, first = "", last = ""] = parts;
  if (first === "") return [Math.max(size - Number(last), 0), size];
  const start = Number(first);
  if (last === "") return [start, Math.max(size, start + 1)];
  // An end beyond the end of the file is taken at its word only when the start is beyond it too.
  return [start, start >= size ? Number(last) + 1 : Math.min(Number(last) + 1, size)];
}

/** What a header can hold of a text, without quotes. */
function headerText(text: string): string {
  return text.replaceAll('"', "").replace(/[^\x20-\x7e\xa0-\xff]/gu, "_");
}
