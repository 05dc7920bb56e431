/**
 * A table of texts, and its four forms.
 *
 * @module
 */

import type { Call } from "../http/call.ts";
import { variantOf } from "../http/negotiation.ts";
import { document, streamed } from "../http/reply.ts";

/** A result set. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether the number of rows is told. */
  readonly counted: boolean;
  /** Further properties of the result set. */
  readonly extras?: Readonly<Record<string, string>>;
  /** Written before the rows. */
  readonly head?: string;
  /** Names of columns when there are no rows, as CSV has them then. */
  readonly rawColumns?: readonly string[];
}

/** Answers with a table in the form that is asked for, JSON by default; without one there is nothing, status 200. */
export function tableReply(call: Call, table: Table | undefined): Response {
  const variant = variantOf(call, "json");
  if (!table) return document("", "application/json");
  if (variant === "csv") return streamed(csv(table), "text/csv");
  if (variant === "xml") return streamed(xml(table), "text/xml");
  if (variant === "html") return streamed(html(table), "text/html");
  return streamed(json(table, call.world.options), "application/json");
}

function* json(
  { columns, rows, counted, extras = {}, head = "" }: Table,
  { shuffle, random }: { shuffle: boolean; random: () => number },
): Generator<string> {
  yield `{"ResultSet":{${head}"Result":[`;
  const keys = columns.map((column, index) => ({ index, name: JSON.stringify(column) }));
  for (const [number, row] of rows.entries()) {
    if (shuffle) keys.sort(() => random() - 0.5);
    const cells = keys.map(({ index, name }) => `${name}:${JSON.stringify(row[index] ?? "")}`);
    yield `${number > 0 ? "," : ""}{${cells.join(",")}}`;
  }
  yield "]";
  if (counted) yield `, "totalRecords": "${rows.length}"`;
  for (const [key, value] of Object.entries(extras)) {
    yield `,${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  }
  yield "}}";
}

function* csv({ columns, rawColumns, rows }: Table): Generator<string> {
  const header = rows.length === 0 && rawColumns ? rawColumns : columns;
  yield `${header.map(csvCell).join(",")}\n`;
  for (const row of rows) {
    yield `${columns.map((_, index) => csvCell(row[index] ?? "")).join(",")}\n`;
  }
}

function csvCell(cell: string): string {
  const line = cell.replaceAll(/[\r\n]+/g, " ");
  return /[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line;
}

/** Text that is safe in XML and HTML. */
export function escapeXml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function* xml({ columns, rows, counted, extras }: Table): Generator<string> {
  const total = counted ? ` totalRecords="${rows.length}"` : "";
  const title = extras?.title ? ` title="${escapeXml(extras.title)}"` : "";
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<ResultSet${total}${title}><results><columns>`;
  for (const column of columns) yield `<column>${escapeXml(column)}</column>`;
  yield "</columns><rows>";
  for (const row of rows) {
    const cells = columns.map((_, index) => `<cell>${cellText(row[index] ?? "")}</cell>`);
    yield `<row>${cells.join("")}</row>\n`;
  }
  yield "</rows></results></ResultSet>";
}

/** Nothing else is escaped: an ampersand makes the document no XML. */
function cellText(value: string): string {
  return value.replaceAll(/[\r\n]+/g, " ").replaceAll(">", "&gt;").replaceAll("<", "&lt;");
}

function* html({ columns, rows }: Table): Generator<string> {
  const cells = (tag: string, values: readonly string[]) =>
    values.map((value) => `<${tag}>${escapeXml(value)}</${tag}>`).join("");
  yield `<table class="x_rs_t"><tr>${cells("th", columns)}</tr>`;
  for (const row of rows) yield `<tr>${cells("td", columns.map((_, i) => row[i] ?? ""))}</tr>`;
  yield "</table>";
}
