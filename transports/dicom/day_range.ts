/**
 * Spans of time that can be halved, for results that are too long.
 *
 * @module
 */

import type { Keys } from "./filters.ts";

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(1900, 0, 1) / DAY_MS;
const LAST_SECOND = 86_399;

/** Days since 1970 and, within one day, seconds; an end left out is open. */
interface Span {
  readonly from?: number;
  readonly to?: number;
  readonly seconds?: readonly [from: number, to: number];
}

/** A span of study dates, and of times within one day. */
export class DayRange {
  readonly #span: Span;
  readonly #today: number;
  readonly #hasTime: boolean;

  private constructor(span: Span, today: number, hasTime: boolean) {
    this.#span = span;
    this.#today = today;
    this.#hasTime = hasTime;
  }

  /** The span that the keys of a query ask for; undefined when they cannot be read as one. `now` in milliseconds. */
  static of(keys: Keys, now: number): DayRange | undefined {
    const { StudyDate = "", StudyTime = "" } = keys;
    const match = /^(\d{8})?(-)?(\d{8})?$/.exec(StudyDate);
    if (!match) return undefined;
    const [, first, dash, last] = match;
    const from = first === undefined ? undefined : dayOf(first);
    const to = last === undefined ? (dash ? undefined : from) : dayOf(last);
    if (Number.isNaN(from) || Number.isNaN(to)) return undefined;
    return new DayRange({ from, to }, Math.floor(now / DAY_MS), StudyTime !== "");
  }

  /** What the halves differ in; they do not find a study that has none. */
  get key(): "StudyDate" | "StudyTime" {
    const { from, to } = this.#span;
    return from !== undefined && from === to ? "StudyTime" : "StudyDate";
  }

  /** How long it is, in days or, within one day, seconds; undefined for one with an open end, and for a whole day. */
  get length(): number | undefined {
    const { from, to, seconds } = this.#span;
    if (seconds !== undefined) return seconds[1] - seconds[0] + 1;
    return from === undefined || to === undefined || from === to ? undefined : to - from + 1;
  }

  /** The keys that ask for this span. */
  get keys(): Keys {
    const { from, to, seconds } = this.#span;
    if (from === undefined && to === undefined) return {};
    const day = (at: number | undefined) => at === undefined ? "" : dayText(at);
    const StudyDate = from === to ? day(from) : `${day(from)}-${day(to)}`;
    if (seconds === undefined) return { StudyDate };
    // Archives that compare texts find `12` and `1200` from 12 on, but not from 120000 on.
    const first = timeText(seconds[0]).replace(/(00){1,2}$/, "");
    return { StudyDate, StudyTime: `${first}-${timeText(seconds[1])}.999999` };
  }

  /** Two spans that together are this one; undefined when it cannot be halved. */
  halves(): readonly [DayRange, DayRange] | undefined {
    const { from, to, seconds } = this.#span;
    if (this.key === "StudyTime") return this.#hasTime ? undefined : this.#bySeconds();
    // An open end is halved between its other end and where studies are to be expected.
    const low = from ?? Math.min(FIRST_DAY, (to ?? FIRST_DAY) - 1);
    const high = to ?? Math.max(this.#today + 1, (from ?? 0) + 1);
    if (from === undefined && to !== undefined && to <= FIRST_DAY) return undefined;
    if (to === undefined && from !== undefined && from > this.#today) return undefined;
    if (seconds !== undefined || high <= low) return undefined;
    const middle = Math.floor((low + high) / 2);
    return [this.#with({ from, to: middle }), this.#with({ from: middle + 1, to })];
  }

  #bySeconds(): readonly [DayRange, DayRange] | undefined {
    const { from, to, seconds: [low, high] = [0, LAST_SECOND] } = this.#span;
    if (low === high) return undefined;
    const middle = Math.floor((low + high) / 2);
    return [
      this.#with({ from, to, seconds: [low, middle] }),
      this.#with({ from, to, seconds: [middle + 1, high] }),
    ];
  }

  #with(span: Span): DayRange {
    return new DayRange(span, this.#today, this.#hasTime);
  }
}

function dayOf(text: string): number {
  const date = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}T00:00:00Z`;
  return Date.parse(date) / DAY_MS;
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19).replaceAll(":", "");
}
