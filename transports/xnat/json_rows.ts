/**
 * Rows of a table as JSON while it arrives, so that of long lists only a piece is held.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { checkPiece, textsOf } from "./pieces.ts";
import { noList, parseJson, type Row, rowOf } from "./table.ts";

const TABLE = /^\s*\{\s*"ResultSet"/;
const START = /"Result"\s*:\s*\[/;
const [QUOTE, BACKSLASH, OPEN, CLOSE, END] = [...'"\\{}]'].map((c) => c.charCodeAt(0));

/**
 * Yields the rows in `body`, some at a time, and closes it.
 *
 * @throws `Protocol` when it is another document, or longer than `limit` bytes; `Incomplete` when it ends early
 */
export async function* jsonRows(
  body: ChunkReader,
  limit: number,
  purpose: Purpose,
): AsyncGenerator<Row[]> {
  let head = "";
  let scanner: RowScanner | undefined;
  for await (const text of textsOf(body, limit, purpose)) {
    let rest = text;
    if (!scanner) {
      head += text;
      const start = START.exec(head);
      checkPiece(start ? "" : head, purpose);
      if (!start) continue;
      rest = head.slice(start.index + start[0].length);
      head = head.slice(0, head.length - rest.length);
      scanner = new RowScanner();
    }
    const rows = scanner.push(rest);
    checkPiece(scanner.rest, purpose);
    if (rows === "") continue;
    const parsed = parseJson(`[${rows}]`, purpose) as unknown[];
    yield parsed.map((row) => rowOf(row, purpose));
  }
  // What is around the rows must be a document of its own.
  const around = documentOf(head + (scanner?.rest ?? ""), purpose);
  const others = around?.ResultSet?.Result;
  if (!Array.isArray(others)) throw noList(head, purpose);
  for (const other of others) rowOf(other, purpose);
}

function documentOf(text: string, purpose: Purpose): Document {
  try {
    return JSON.parse(text);
  } catch {
    if (TABLE.test(text)) {
      throw new VfsError("Incomplete", { ...purpose, reason: "the list broke off" });
    }
    return parseJson(text, purpose) as Document;
  }
}

type Document = { readonly ResultSet?: { readonly Result?: unknown } } | null;

/** Finds where rows end. */
class RowScanner {
  /** What belongs to no row that is complete: the beginning of one, or what comes after them all. */
  rest = "";
  #scanned = 0;
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #isOver = false;

  /** The rows that end in `text`, with the commas between them. */
  push(text: string): string {
    this.rest += text;
    if (this.#isOver) return "";
    const end = this.#scan();
    const rows = this.rest.slice(0, end);
    this.rest = this.rest.slice(end);
    this.#scanned -= end;
    return rows.replace(/^\s*,/, "");
  }

  /** Where the last row that is complete ends. */
  #scan(): number {
    const text = this.rest;
    let end = 0;
    let at = this.#scanned;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#isText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === BACKSLASH) this.#isEscaped = true;
        else if (code === QUOTE) this.#isText = false;
      } else if (code === QUOTE) this.#isText = true;
      else if (code === OPEN) this.#depth++;
      else if (code === CLOSE && --this.#depth === 0) end = at + 1;
      else if (code === END && this.#depth === 0) {
        this.#isOver = true;
        break;
      }
    }
    this.#scanned = at;
    return end;
  }
}
