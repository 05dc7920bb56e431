/**
 * The view by date. Years and months are there without asking; the days of a month are those that have studies.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Filters } from "./filters.ts";
import { textOf } from "./model.ts";

/** The years that the view by date lists; others can be opened all the same. */
export interface Years {
  /** First year. */
  readonly from: number;
  /** The present, in milliseconds; what is later is not listed. */
  readonly now: number;
}

/** A day ahead of UTC is as far as any clock can be. */
const AHEAD_MS = 86_400_000;

/** All years. */
export function yearsOf({ from, now }: Years): string[] {
  const last = new Date(now + AHEAD_MS).getUTCFullYear();
  return range(from, last).map((year) => String(year).padStart(4, "0"));
}

/** The months of a year. */
export function monthsOf(year: string, { now }: Years): string[] {
  const last = new Date(now + AHEAD_MS);
  const isThis = Number(year) === last.getUTCFullYear();
  return range(1, isThis ? last.getUTCMonth() + 1 : 12).map(twoDigits);
}

/** The days of a month, `YYYYMM`, on which there are studies. */
export async function daysOf(
  catalogue: Catalogue,
  month: string,
  filters: Filters,
  ask: Ask,
): Promise<string[]> {
  const days = new Set<string>();
  const StudyDate = `${month}01-${month}${twoDigits(daysIn(month))}`;
  for await (const page of catalogue.studies({}, filters, ask, { StudyDate })) {
    for (const row of page) {
      const date = textOf(row, "StudyDate");
      if (date.startsWith(month)) days.add(date.slice(6, 8));
    }
  }
  return [...days].sort();
}

function daysIn(month: string): number {
  return new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4)), 0)).getUTCDate();
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
