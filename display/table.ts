import { printable } from "../formats/mod.ts";
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
const SORT = "const h=this,t=h.closest('table').tBodies[0],i=h.cellIndex,d=h.dataset.up!=='1';" +
  "h.dataset.up=d?'1':'0';" +
  "const v=r=>{const c=r.cells[i];return 'v' in c.dataset?+c.dataset.v:c.textContent};" +
  "[...t.rows].sort((a,b)=>{const x=v(a),y=v(b);return (x<y?-1:x>y?1:0)*(d?1:-1)})" +
  ".forEach(r=>t.append(r))";

/** A table whose headings sort it when they are clicked, or get Enter. */
export function htmlTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = headings.map((heading) =>
    element("th", {
      onclick: SORT,
      onkeydown: "if(event.key==='Enter')this.click()",
      tabindex: "0",
      title: "Sort",
      style: "cursor:pointer;text-align:left",
    }, escapeHtml(heading))
  );
  const body = rows.map((row) => element("tr", {}, ...row.map(cellHtml)));
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...head)),
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

/** The same as text: columns in line, what is long is cut. */
export function textTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [headings, ...rows].map((row) =>
    row.map((cell) => printable(typeof cell === "string" ? cell : cell.text, WIDEST))
  );
  const widths = headings.map((_, column) =>
    Math.max(...texts.map((row) => row[column]?.length ?? 0))
  );
  return texts.map((row) =>
    row.map((text, column) => text.padEnd(widths[column]!)).join("  ").trimEnd()
  ).join("\n");
}

/** Bytes as people read them, sorted by their number. */
export function byteCell(bytes: number | undefined): Cell {
  return bytes === undefined ? { text: "", value: -1 } : { text: byteText(bytes), value: bytes };
}

/** Bytes as people read them, such as `1.2 kB`. */
export function byteText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}

/** A moment to the second, in UTC. */
export function timeText(time: Date | undefined): string {
  return time === undefined || Number.isNaN(time.getTime())
    ? ""
    : time.toISOString().slice(0, 19).replace("T", " ");
}
