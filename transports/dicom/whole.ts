/**
 * Queries for studies whose answers are complete, also from archives that limit them.
 *
 * @module
 */

import type { DicomHeader } from "../../formats/dicom/header.ts";
import type { Ask } from "../../vfs/ask.ts";
import { incomplete, isLimit } from "./client.ts";
import { DayRange } from "./day_range.ts";
import type { Keys } from "./filters.ts";

/** One query: its answers in pages. */
export type Find = (keys: Keys) => AsyncIterable<DicomHeader[]>;

/** How far results are split. */
export interface SplitOptions {
  /** Most queries for one listing. @default {1000} */
  readonly maxQueries?: number;
  /** Whether so many answers look like a limit that the archive does not tell. @default multiples of 100 */
  readonly isSuspicious?: (count: number) => boolean;
}

/** True for counts that limits have: 100, 500, 1,000. */
export function isRound(count: number): boolean {
  return count > 0 && count % 100 === 0;
}

/**
 * All studies that match `keys`, each once. When the archive says that it limits its answers, or gives a suspicious
 * number of them, it is asked again by halves: of the dates, then of the times of a day, as small at once as the last
 * whole answers suggest.
 *
 * @throws `Incomplete` when it limits what cannot be halved, or what has no date
 */
export async function* wholeStudies(
  find: Find,
  keys: Keys,
  now: number,
  ask: Ask,
  { maxQueries = 1000, isSuspicious = isRound }: SplitOptions = {},
): AsyncGenerator<DicomHeader[]> {
  const seen = new Set<string>();
  const waiting: (DayRange | undefined)[] = [DayRange.of(keys, now)];
  // Most answers so far, whether there is a limit, and how many answers a day or a second has had lately.
  let most = 0;
  let isLimited = false;
  const density = { StudyDate: 0, StudyTime: 0 };
  let queries = 0;
  while (waiting.length > 0) {
    const range = waiting.pop();
    const { key, length = 0 } = range ?? {};
    // What will be limited again is not asked: all that it gives, its halves give again.
    const parts = isLimited && key && length * density[key] > most ? range?.halves() : undefined;
    if (parts) {
      waiting.push(...parts);
      continue;
    }
    if (queries++ >= maxQueries) throw incomplete(ask, `${maxQueries} queries do not suffice`);
    let count = 0;
    let hasUndated = false;
    let limit: unknown;
    try {
      for await (const page of find({ ...keys, ...range?.keys })) {
        count += page.length;
        hasUndated ||= page.some((answer) => isUndated(answer, range));
        const fresh = page.filter((answer) => isFresh(answer, seen));
        if (fresh.length > 0) yield fresh;
      }
    } catch (error) {
      if (!isLimit(error)) throw error;
      limit = error;
    }
    most = Math.max(most, count);
    isLimited ||= limit !== undefined;
    if (limit === undefined && !isSuspicious(count)) {
      if (key && length > 0) density[key] = count / length;
      continue;
    }
    const halves = range?.halves();
    if (halves) waiting.push(...halves);
    if (limit === undefined) continue;
    if (!halves) throw incomplete(ask, "what was asked cannot be split further", limit);
    if (hasUndated) {
      throw incomplete(ask, "has studies without a date, which no split finds", limit);
    }
  }
}

/** Halves of dates do not find what has no date, nor halves of a day what has no time. */
function isUndated(answer: DicomHeader, range: DayRange | undefined): boolean {
  const key = range?.key ?? "StudyDate";
  return answer.has(key) && answer.string(key) === undefined;
}

function isFresh(answer: DicomHeader, seen: Set<string>): boolean {
  const uid = answer.string("StudyInstanceUID") ?? "";
  // One without a UID is for the caller to complain about.
  if (uid === "") return true;
  if (seen.has(uid)) return false;
  seen.add(uid);
  return true;
}
