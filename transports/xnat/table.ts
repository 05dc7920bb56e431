/**
 * Queries, and the tables that answer them.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { broken, messageOf, type Purpose } from "./errors.ts";

/** Keys and values of a query; `undefined` leaves one out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One row of a table: XNAT sends every value as text. */
export type Row = Readonly<Record<string, string>>;

/** The rows of the table in `text`. @throws `Protocol` when it is another document */
export function rowsOf(text: string, options: Purpose): Row[] {
  const document = parseJson(text, options) as { ResultSet?: { Result?: unknown } } | null;
  const result = document?.ResultSet?.Result;
  if (!Array.isArray(result)) {
    throw broken(options, "the server gave another document in place of a list");
  }
  return result.map((row: unknown) => rowOf(row, options));
}

/** The JSON in `text`. @throws `Protocol` when it is none, `Incomplete` when it ends early */
export function parseJson(text: string, options: Purpose): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // A proxy may end a body early without anybody noticing but us.
    if (/^\s*[{[]/.test(text) && !/\]?\s*\}\s*$/.test(text)) {
      throw new VfsError("Incomplete", { op: options.op, url: options.url, cause });
    }
    throw broken(options, `expected JSON, got ${JSON.stringify(messageOf(text).slice(0, 60))}`);
  }
}

function rowOf(row: unknown, options: Purpose): Row {
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
