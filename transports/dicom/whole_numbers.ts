/**
 * Lists of series and instances that are complete, also from archives that limit their answers.
 *
 * @module
 */

import type { Ask } from "../../vfs/ask.ts";
import { incomplete, isLimit } from "./client.ts";
import { ServiceFailed } from "./dimse/mod.ts";
import { numberOf, type Row } from "./model.ts";
import { isRound, type SplitOptions } from "./whole.ts";

/** A list whose entries have numbers. */
export interface NumberedList {
  /** What has the number of an entry, such as InstanceNumber. */
  readonly key: string;
  /** Asks for entries: all, or those that have this value of the key. */
  find(value?: string): AsyncIterable<Row[]>;
  /** How many entries there are, as far as the archive tells that elsewhere. */
  count(): Promise<number | undefined>;
  /** Not all are wanted: no archive tells how many of them there are. */
  readonly isFiltered?: boolean;
}

/** Numbers in one query. Not every archive understands several: lists are for UIDs (PS3.4 §C.2.2.2.2). */
const TOGETHER = 50;
/** What an integer string can have, with either sign (PS3.5 §6.2). */
const LARGEST = 2 ** 31;

/**
 * All entries of a list, each once. Of one that the archive cuts, the rest is asked for by numbers, until there are as
 * many as it counts. Numbers have no ranges (PS3.4 §C.2.2.2.5): those around the ones that are known are tried, in lists,
 * and one by one where lists find nothing.
 *
 * @throws `Incomplete` when some are not found so, or nobody knows how many there are
 */
export async function* wholeNumbered(
  { key, find, count, isFiltered = false }: NumberedList,
  ask: Ask,
  { maxQueries = 1000, isSuspicious = isRound }: SplitOptions = {},
): AsyncGenerator<Row[]> {
  const found = new Map<string, number | undefined>();
  const numbers = new Set<number | undefined>();
  let given = new Set<number | undefined>();
  let length = 0;
  const add = async function* (value?: string): AsyncGenerator<Row[]> {
    given = new Set();
    length = 0;
    for await (const page of find(value)) {
      length += page.length;
      const fresh: Row[] = [];
      for (const row of page) {
        if (!found.has(row.id)) fresh.push(row);
        const number = integerOf(row, key);
        found.set(row.id, number);
        numbers.add(number);
        given.add(number);
      }
      if (fresh.length > 0) yield fresh;
    }
  };
  let limit: unknown;
  try {
    yield* add();
  } catch (error) {
    if (!isLimit(error)) throw error;
    limit = error;
  }
  if (limit === undefined && !isSuspicious(found.size)) return;
  const total = isFiltered ? undefined : await count();
  if (limit === undefined && found.size >= (total ?? 0)) return;
  // One that counts no more than it gives has said that there are more.
  if (total === undefined || found.size >= total) {
    const reason = isFiltered
      ? "does not tell how many match the filter; without it the others can be asked for"
      : "does not tell how many there are";
    throw incomplete(ask, reason, limit);
  }
  // Whether each list has been answered for all of its numbers, and for fewer entries than a limit may be.
  let isListed = true;
  const most = found.size;
  const batches = batchesOf(found, total, () => isListed);
  const halves: number[][] = [];
  for (let queries = 0; found.size < total; queries++) {
    const batch = halves.pop() ?? batches.next().value;
    if (!batch || queries >= maxQueries) {
      const reason = `by their numbers only ${found.size} of ${total} entries are found`;
      throw incomplete(ask, reason, limit);
    }
    const known = batch.filter((number) => numbers.has(number));
    try {
      yield* add(batch.join("\\"));
      isListed &&= length < most && known.every((number) => given.has(number));
    } catch (error) {
      if (!(error instanceof ServiceFailed)) throw error;
      isListed = false;
      const middle = batch.length >> 1;
      if (middle > 0 && isLimit(error)) halves.push(batch.slice(middle), batch.slice(0, middle));
      // What is refused in a list is asked for alone later on.
      else if (middle === 0 && !isLimit(error)) throw error;
    }
  }
}

/** The number of an entry, if it is one of an integer string: from others nobody can count on. */
function integerOf(row: Row, key: string): number | undefined {
  const number = numberOf(row, key);
  return Number.isInteger(number) && Math.abs(number!) <= LARGEST ? number : undefined;
}

/**
 * Numbers to ask for: those that nobody has seen, then, since several may have one, those seen; then each by itself,
 * unless the archive has understood the lists.
 */
function* batchesOf(
  found: ReadonlyMap<string, number | undefined>,
  total: number,
  hasLists: () => boolean,
): Generator<number[], undefined> {
  for (const size of [TOGETHER, 1]) {
    if (size === 1 && hasLists()) return;
    const seen = new Set<number>();
    for (const number of found.values()) if (number !== undefined) seen.add(number);
    yield* inBatches(unseen(seen, total - found.size), size);
    yield* inBatches(seen, size);
  }
}

/** Numbers among and around those seen, as many on both sides as are missing. */
function* unseen(seen: ReadonlySet<number>, missing: number): Generator<number> {
  let [low, high] = seen.size === 0 ? [1, 0] : [Infinity, -Infinity];
  for (const number of seen) [low, high] = [Math.min(low, number), Math.max(high, number)];
  const least = low < 0 ? -LARGEST : 0;
  for (let number = Math.max(least, low - missing); number <= high + missing; number++) {
    if (!seen.has(number)) yield number;
  }
}

function* inBatches(numbers: Iterable<number>, size: number): Generator<number[]> {
  let batch: number[] = [];
  for (const number of numbers) {
    batch.push(number);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
