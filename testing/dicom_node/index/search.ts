/**
 * Long answers by pages: nothing else happens while the tables are looked through.
 *
 * @module
 */

import type { Level } from "../attributes.ts";
import type { Database, SqlValue } from "./database.ts";
import { JOINED, TABLE } from "./schema.ts";

/** A condition in SQL, with the values for its question marks. */
export interface Condition {
  /** An expression. */
  readonly sql: string;
  /** Values. */
  readonly parameters: readonly SqlValue[];
}

/** In milliseconds: after so long something else has its turn. */
const TURN_MS = 20;

/** Lets others have their turn now and then: what never waits keeps the system from being asked what has come for them. */
export class Turns {
  #last = performance.now();

  /** Whether it is time. */
  get isDue(): boolean {
    return performance.now() - this.#last > TURN_MS;
  }

  /** Waits for whatever else there is to do. */
  async take(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#last = performance.now();
  }
}

/** Pages of ids; the last one is returned. */
type Pages = Generator<number[], number[]>;

/**
 * Ids of the entities of a level for which all conditions hold, by pages that take 20 ms to find, however few there are. Ends early
 * when `signal` is aborted. Of what is stored meanwhile some may be there.
 */
export async function* search(
  tables: Database,
  level: Level,
  conditions: readonly Condition[],
  signal: AbortSignal,
): AsyncGenerator<number[]> {
  const scanned = scannedTable(tables, level, conditions);
  const pages = scanned
    ? byRanges(tables, level, conditions, scanned)
    : byTime(tables, level, conditions);
  const turns = new Turns();
  try {
    while (!signal.aborted) {
      const { done, value } = pages.next();
      if (value.length > 0) yield value;
      if (done) return;
      await turns.take();
    }
  } finally {
    pages.return([]);
  }
}

/** Where no index leads to what is wanted, and a row may be found now and then or never: parts of the table that is looked through. */
function* byRanges(
  tables: Database,
  level: Level,
  conditions: readonly Condition[],
  table: string,
): Pages {
  const range = { sql: `${table}.id > ? AND ${table}.id <= ?`, parameters: [] };
  const statement = tables.prepare(sqlOf(level, [...conditions, range]));
  const values = valuesOf(conditions);
  const last = Number(tables.get(`SELECT max(id) AS id FROM ${table}`)?.id ?? 0);
  for (let from = 0, size = 16;;) {
    const start = performance.now();
    const ids = statement.all(...values, from, from + size).map(({ id }) => id as number);
    from += size;
    if (from >= last) return ids;
    const took = performance.now() - start;
    if (took < TURN_MS / 4) size *= 2;
    else if (took > TURN_MS && size > 1) size >>= 1;
    yield ids;
  }
}

/** Where an index leads to it: one row after the other. */
function* byTime(tables: Database, level: Level, conditions: readonly Condition[]): Pages {
  let ids: number[] = [];
  let start = performance.now();
  for (const { id } of tables.prepare(sqlOf(level, conditions)).iterate(...valuesOf(conditions))) {
    ids.push(id as number);
    if (ids.length % 100 !== 0 || performance.now() - start < TURN_MS) continue;
    yield ids;
    ids = [];
    start = performance.now();
  }
  return ids;
}

/** The table of which all rows would be looked at, if SQLite would do so. */
function scannedTable(
  tables: Database,
  level: Level,
  conditions: readonly Condition[],
): string | undefined {
  const [outer] = tables
    .prepare(`EXPLAIN QUERY PLAN ${sqlOf(level, conditions)}`)
    .all(...valuesOf(conditions));
  const [, name] = /^SCAN (\w+)/.exec(String(outer?.detail)) ?? [];
  return Object.values(TABLE).find((table) => table === name);
}

function sqlOf(level: Level, conditions: readonly Condition[]): string {
  const where = conditions.map(({ sql }) => `(${sql})`).join(" AND ") || "1";
  return `SELECT ${TABLE[level]}.id AS id FROM ${JOINED[level]} WHERE ${where}`;
}

function valuesOf(conditions: readonly Condition[]): SqlValue[] {
  return conditions.flatMap(({ parameters }) => parameters);
}
