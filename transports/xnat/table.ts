/**
 * Queries, and the tables that answer them.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import { VfsError } from "../../vfs/errors.ts";
import { broken } from "../web/errors.ts";

/** Keys and values of a query; `undefined` leaves one out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One row of a table: XNAT sends every value as text. */
export type Row = Readonly<Record<string, string>>;

/** The JSON in `text`. @throws `Protocol` when it is none, `Incomplete` when it ends early */
export function parseJson(text: string, options: Purpose): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error quotes what it cannot parse.
    if (!/^\s*[{[]/.test(text)) throw noList(text, options);
    // A proxy may end a body early without anybody noticing but us.
    if (!/\]?\s*\}\s*$/.test(text)) {
      throw new VfsError("Incomplete", { op: options.op, url: options.url });
    }
    throw broken(options, "the server gave something that is no JSON");
  }
}

/** The error for an answer that is no list. */
export function noList(text: string, options: Purpose): VfsError {
  const reason = "the server gave another document in place of a list";
  if (text.trim() !== "") return broken(options, reason);
  // That is how XNAT answers, with status 200, where it cannot join a column.
  return broken(options, "the server gave nothing in place of a list", { detail: { http: 200 } });
}

/** A row of a table, all of it as text. @throws `Protocol` when it is none */
export function rowOf(row: unknown, options: Purpose): Row {
  if (typeof row !== "object" || row === null) throw broken(options, "a row is no record");
  // As a rule it is fit already; copies of long lists cost much.
  if (Object.values(row).every((value) => typeof value === "string")) return row as Row;
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(row)) texts[key] = value === null ? "" : String(value);
  return texts;
}

/** A query with its `?`; empty without keys. */
export function queryText(query: Query = {}): string {
  const parts = Object.entries(query).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [`${key.replace(/[^\w:/.-]/g, encodeURIComponent)}=${encodeURIComponent(value)}`]
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}
