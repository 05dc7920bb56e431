/**
 * Rows of a table as XML while it arrives. Other than JSON it names its columns once, and the server writes it row by row;
 * other than CSV it tells where it ends.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { broken } from "../web/errors.ts";
import { checkPiece, textsOf } from "./pieces.ts";
import { noList, type Row } from "./table.ts";

const HEAD =
  /^\s*(?:<\?xml[^>]*>\s*)?<ResultSet[^>]*>\s*<results[^>]*><columns>([^]*?)<\/columns>\s*<rows>/;
const START = /^\s*<(\?xml|ResultSet)/;
const TAIL = /^\s*<\/rows><\/results><\/ResultSet>\s*$/;
const [ROW, CELL] = ["</row>", "</cell><cell>"];
const [ROW_START, ROW_END] = [/^\s*<row><cell>/, /<\/cell><\/row>$/];
const MAX_HEAD = 65_536;

/**
 * Yields the rows in `body`, some at a time, and closes it.
 *
 * @throws `Protocol` when it is another document, or longer than `limit` bytes; `Incomplete` when it ends early
 */
export async function* xmlRows(
  body: ChunkReader,
  limit: number,
  purpose: Purpose,
): AsyncGenerator<Row[]> {
  let rest = "";
  let columns: readonly string[] | undefined;
  for await (const text of textsOf(body, limit, purpose)) {
    rest += text;
    if (!columns) {
      const head = HEAD.exec(rest);
      if (!head && rest.length > MAX_HEAD) break;
      if (!head) continue;
      columns = [...head[1]!.matchAll(/<column[^>]*>([^<]*)<\/column>/g)].map(([, name]) => name!);
      rest = rest.slice(head[0].length);
    }
    const end = rest.lastIndexOf(ROW) + ROW.length;
    checkPiece(end < ROW.length ? rest : "", purpose);
    if (end < ROW.length) continue;
    const names = columns;
    yield rest.slice(0, end - ROW.length).split(ROW).map((row) => rowOf(row + ROW, names, purpose));
    rest = rest.slice(end);
  }
  if (!columns && !START.test(rest)) throw noList(rest, purpose);
  if (!TAIL.test(rest)) {
    throw new VfsError("Incomplete", { ...purpose, reason: "the list broke off" });
  }
}

function rowOf(text: string, columns: readonly string[], purpose: Purpose): Row {
  const cells = text.replace(ROW_START, "").replace(ROW_END, "").split(CELL);
  if (!ROW_START.test(text) || cells.length !== columns.length) {
    throw broken(purpose, "a row has other columns than its table");
  }
  const row: Record<string, string> = {};
  // The server escapes nothing else.
  columns.forEach((name, i) => {
    const cell = cells[i]!;
    row[name] = cell.includes("&") ? cell.replaceAll("&lt;", "<").replaceAll("&gt;", ">") : cell;
  });
  return row;
}
