/**
 * Tables that sort, in HTML and in text.
 *
 * @module
 */

import { byteSize, printable } from "../formats/text.ts";
import { element, escapeHtml } from "./rich.ts";

/** A cell: what is shown, and what it is sorted by. */
export type Cell = string | { readonly text: string; readonly value: number };

const WIDEST = 100;
/** Longest text of a cell in HTML. */
const LONGEST = 500;

/**
 * Sorts the rows of the table that a heading is in. It is in the page as an attribute, since notebooks run no script
 * of an output that is loaded again.
 */
const SORT =
  "const h=event.target.closest('th'),t=this.parentElement.tBodies[0],i=h.cellIndex,d=h.ariaSort!=='ascending';" +
  "for(const c of h.parentElement.cells)c.ariaSort=null;h.ariaSort=d?'ascending':'descending';" +
  "const v=r=>{const c=r.cells[i];return 'v' in c.dataset?+c.dataset.v:c.textContent};" +
  "[...t.rows].sort((a,b)=>{const x=v(a),y=v(b);" +
  "return (typeof x==='number'?x-y:x.localeCompare(y,undefined,{numeric:true}))*(d?1:-1)})" +
  ".forEach(r=>t.append(r))";

/** A table whose headings sort it when they are clicked, or get Enter. */
export function htmlTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = headings.map((heading) =>
    element("th", {
      tabindex: "0",
      title: "Sort",
      style: "cursor:pointer;text-align:left",
    }, escapeHtml(heading))
  );
  const sorts = { onclick: SORT, onkeydown: "if(event.key==='Enter')event.target.click()" };
  const body = rows.map((row) => element("tr", {}, ...row.map(cellHtml)));
  return element(
    "table",
    {},
    element("thead", sorts, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
}

function cellHtml(cell: Cell): string {
  if (typeof cell === "string") {
    return element("td", { style: "text-align:left" }, escapeHtml(printable(cell, LONGEST)));
  }
  const attributes = { style: "text-align:right", "data-v": String(cell.value) };
  return element("td", attributes, escapeHtml(cell.text));
}

/** A table without the columns, but for the first, that say nothing. */
export function withoutEmpty(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
): [headings: string[], rows: Cell[][]] {
  const says = (_: unknown, column: number) =>
    column === 0 || rows.some((row) => textOf(row[column]!) !== "");
  return [headings.filter(says), rows.map((row) => row.filter(says))];
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

/** The same as text: columns in line, what is long is cut. */
export function textTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [headings, ...rows].map((row) =>
    row.map((cell) => printable(textOf(cell), WIDEST))
  );
  const widths = headings.map((_, column) =>
    texts.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0)
  );
  return texts.map((row) =>
    row.map((text, column) => text.padEnd(widths[column]!)).join("  ").trimEnd()
  ).join("\n");
}

/** A count, sorted as a number; -1 stands for one that is not known. */
export function countCell(value: number): Cell {
  return { text: value < 0 ? "" : String(value), value };
}

/** Bytes as people read them, sorted by their number. */
export function byteCell(bytes: number | undefined): Cell {
  return bytes === undefined ? { text: "", value: -1 } : { text: byteSize(bytes), value: bytes };
}

/** A moment to the second, in UTC. */
export function timeText(time: Date | undefined): string {
  return time === undefined || Number.isNaN(time.getTime())
    ? ""
    : time.toISOString().slice(0, 19).replace("T", " ");
}
