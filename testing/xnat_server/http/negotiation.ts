/**
 * Which form of an answer a client gets: `format=` first, then Accept.
 *
 * @module
 */

import { own } from "../own.ts";
import type { Call } from "./call.ts";

/** Forms of answers. */
export type Variant = "json" | "xml" | "csv" | "html" | "txt" | "zip" | "tar" | "tar.gz" | "xcat";

const FORMATS: Readonly<Record<string, Variant>> = {
  json: "json",
  "application/json": "json",
  xml: "xml",
  "text/xml": "xml",
  "application/xml": "xml",
  csv: "csv",
  "text/csv": "csv",
  html: "html",
  "text/html": "html",
  txt: "txt",
  "text/plain": "txt",
  zip: "zip",
  "application/zip": "zip",
  tar: "tar",
  "application/x-tar": "tar",
  "tar.gz": "tar.gz",
  "application/x-gtar": "tar.gz",
  xcat: "xcat",
};

/** The form that a call asks for, or the default when it asks for none that is known. */
export function variantOf(call: Call, fallback: Variant): Variant {
  const format = call.query.get("format");
  if (format !== undefined) return own(FORMATS, format.toLowerCase()) ?? fallback;
  for (const type of accepted(call.request.headers.get("accept") ?? "*/*")) {
    if (type === "*/*") return fallback;
    const variant = own(FORMATS, type);
    if (variant && variant !== "txt" && variant !== "zip") return variant;
  }
  return fallback;
}

/** Media types of an Accept header, most wanted first. */
function accepted(header: string): string[] {
  return header.split(",").map((part, index) => {
    const [type, ...parameters] = part.split(";").map((each) => each.trim());
    const q = parameters.find((each) => each.startsWith("q="))?.slice(2) ?? "1";
    return { type: type!.toLowerCase(), q: Number(q), index };
  }).sort((a, b) => b.q - a.q || a.index - b.index).map(({ type }) => type);
}
