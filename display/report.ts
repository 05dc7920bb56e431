import { redactUrl } from "../vfs/errors.ts";
import type { TransferReport } from "../vfs/transfer.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { byteCell, type Cell, htmlTable, textTable } from "./table.ts";

const MOST_PROBLEMS = 200;
const HEADINGS = ["what", "count"];
const PROBLEM_HEADINGS = ["file", "result", "why"];

/** What a copy, move, removal or sync did, and the first 200 files with a problem. */
export function displayReport(report: TransferReport): Rich {
  const { done, warned, skipped, failed, bytes, elapsedMs, problems } = report;
  const count = (value: number): Cell => ({ text: String(value), value });
  const rows: Cell[][] = [
    ["done", count(done)],
    ["of these with a warning", count(warned)],
    ["skipped", count(skipped)],
    ["failed", count(failed)],
    ["moved", byteCell(bytes)],
    ["time", { text: `${(elapsedMs / 1000).toFixed(1)} s`, value: elapsedMs }],
  ];
  const shown = problems.slice(0, MOST_PROBLEMS).map((
    { from, result, reason, error, warnings },
  ) => [
    redactUrl(from),
    result,
    reason ?? error?.message ?? warnings?.join("; ") ?? "",
  ]);
  const html = htmlTable(HEADINGS, rows);
  const text = textTable(HEADINGS, rows);
  if (shown.length === 0) return new Rich(html, text);
  const title = problems.length > shown.length
    ? `${problems.length} problems, the first ${shown.length} are shown`
    : "Problems";
  return new Rich(
    html + element("p", {}, escapeHtml(title)) + htmlTable(PROBLEM_HEADINGS, shown),
    `${text}\n\n${title}\n${textTable(PROBLEM_HEADINGS, shown)}`,
  );
}
