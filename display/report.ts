/**
 * Reports of transfers, syncs and checks.
 *
 * @module
 */

import { counted } from "../formats/text.ts";
import { redactUrl } from "../vfs/errors.ts";
import type { CheckReport, SyncAction, SyncOutcome, SyncReport } from "../vfs/sync/options.ts";
import type { Outcome, TransferReport } from "../vfs/copy/transfer.ts";
import { element, escapeHtml, Rich } from "./rich.ts";
import { byteCell, type Cell, countCell, htmlTable, textTable, withoutEmpty } from "./table.ts";

/** What {@linkcode displayReport} shows. */
export type Report = TransferReport | SyncReport | CheckReport;

const MOST_ITEMS = 200;

/** A report as it is shown: a sentence, figures by name, how many items it has to tell of, and a row for each. */
interface Told {
  readonly sentence: string;
  readonly figures: Readonly<Record<string, Cell | number>>;
  readonly items: number;
  readonly headings: readonly string[];
  readonly row: (item: Outcome) => string[];
}

/**
 * What a copy, move or removal did, what a sync did or would do, or how two places compare; and the first 200 items
 * to know of: those that are planned, that differ, that have a problem.
 */
export function displayReport(report: Report): Rich {
  const told = "matching" in report
    ? toldOfCheck(report)
    : "actions" in report
    ? toldOfSync(report)
    : toldOfTransfer(report);
  const html = [element("p", {}, element("b", {}, escapeHtml(told.sentence)))];
  const text = [told.sentence];
  const add = (headings: readonly string[], rows: readonly (readonly Cell[])[]) => {
    html.push(htmlTable(headings, rows));
    text.push(textTable(headings, rows));
  };
  const figures = Object.entries(told.figures).filter(([, value]) => value !== 0).map(
    ([name, value]) => [name, typeof value === "number" ? countCell(value) : value] as const,
  );
  add(figures.map(([name]) => name), [figures.map(([, cell]) => cell)]);
  const rows = report.problems.slice(0, MOST_ITEMS).map(told.row);
  if (rows.length > 0) add(...withoutEmpty(told.headings, rows));
  const total = Math.max(told.items, report.problems.length);
  if (total > rows.length) {
    const said = `${counted(total, "item")}, the first ${rows.length} are shown`;
    html.push(element("p", {}, escapeHtml(said)));
    text.push(said);
  }
  return new Rich(html.join(""), text.join("\n"));
}

function toldOfTransfer(report: TransferReport): Told {
  const { done, warned, skipped, failed } = report;
  const problems = failed > 0 ? `, ${failed} failed` : "";
  return {
    sentence: `${counted(done, "file")} done${problems}`,
    figures: { done, warned, skipped, failed, moved: moved(report), time: timeOf(report) },
    items: skipped + failed,
    headings: ["file", "result", "why"],
    row: (item) => [redactUrl(item.from), item.result, whyOf(item)],
  };
}

function toldOfSync(report: SyncReport): Told {
  const { dryRun, kept, done, skipped, failed, notDeleted } = report;
  const { copy, update, delete: gone, skip, conflict, error } = report.actions;
  const problems = failed > 0 ? `, ${failed} failed` : "";
  const sentence = dryRun
    ? `Plan: ${copy} to copy, ${update} to update, ${gone} to delete, ${kept} the same${problems}`
    : done + skipped + failed === 0
    ? `In sync: ${kept} the same, nothing to do`
    : `${done} done, ${kept} the same${problems}`;
  return {
    sentence: notDeleted === undefined
      ? sentence
      : `${sentence}; nothing ${dryRun ? "would be " : ""}deleted: ${notDeleted}`,
    figures: {
      copy,
      update,
      delete: gone,
      "the same": kept,
      "left alone": skip,
      conflict,
      error,
      moved: moved(report),
      time: timeOf(report),
    },
    items: copy + update + gone + skip + conflict + error - done,
    headings: BY_PATH,
    row: (item) => rowByPath(item, dryRun ? {} : undefined),
  };
}

function toldOfCheck(report: CheckReport): Told {
  const { same, matching, differing, missing, extra, skipped, failed } = report;
  const parts = [
    `${differing} different`,
    `${missing} only in the source`,
    `${extra} only in the destination`,
    `${failed} not compared`,
  ].filter((part) => !part.startsWith("0 "));
  return {
    sentence: same
      ? `The same: ${counted(matching, "item")}`
      : `Not the same: ${parts.join(", ")}; ${matching} the same`,
    figures: {
      "the same": matching,
      different: differing,
      "only in the source": missing,
      "only in the destination": extra,
      "left out": skipped,
      "not compared": failed,
      time: timeOf(report),
    },
    items: differing + missing + extra + skipped + failed,
    headings: BY_PATH,
    row: (item) => rowByPath(item, DIFFERENCES),
  };
}

const BY_PATH = ["what", "path", "result", "why"];

const DIFFERENCES: Partial<Record<SyncAction, string>> = {
  copy: "only in the source",
  update: "different",
  delete: "only in the destination",
};
/** What can be planned. */
const CHANGES: readonly SyncAction[] = ["copy", "update", "delete"];

/** A row of a sync; where nothing was to be done, in these `words`, and without saying each time that it was not. */
function rowByPath(item: Outcome, words?: Partial<Record<SyncAction, string>>): string[] {
  const { action = "error", path, from } = item as Partial<SyncOutcome> & Outcome;
  const isPlanned = words && item.result === "skipped" && CHANGES.includes(action);
  const rest = isPlanned ? ["", ""] : [item.result, whyOf(item)];
  return [words?.[action] ?? action, path ?? redactUrl(from), ...rest];
}

/** Bytes, where there are any. */
function moved({ bytes }: TransferReport): Cell | number {
  return bytes === 0 ? 0 : byteCell(bytes);
}

function whyOf({ reason, error, warnings }: Outcome): string {
  return reason ?? error?.message ?? warnings?.join("; ") ?? "";
}

function timeOf({ elapsedMs }: Report): Cell {
  return { text: `${(elapsedMs / 1000).toFixed(1)} s`, value: elapsedMs };
}
