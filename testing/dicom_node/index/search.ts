/**
 * Long answers by pages: nothing else happens while the tables are looked through.
 *
 * @module
 */

import type { Level } from "../attributes.ts";
import type { Database, Row, SqlValue } from "./database.ts";
import { JOINED, TABLE } from "./schema.ts";

/** A condition in SQL, with the values for its question marks. */
export interface Condition {
  /** An expression. */
  readonly sql: string;
  /** Values. */
  readonly parameters: readonly SqlValue[];
  /** The table that it is about. */
  readonly table: string;
  /** The column, or what else there is a condition for. */
  readonly column: string;
}

/** In milliseconds: after so long something else has its turn. */
const TURN_MS = 20;
/** Of so many rows that an index leads to one is given, fit or not; after so many of these the clock is looked at. */
const EVERY = 16;
/** What fits of so many rows is told before the others are looked for. */
const FIRST = 64;

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
 * Ids of the entities of a level for which all conditions hold, found in turns of 20 ms, however few there are. Ends early
 * when `signal` is aborted. Of what is stored meanwhile some may be there.
 *
 * @throws `Unavailable` when the index is closed before its end
 */
export async function* search(
  tables: Database,
  level: Level,
  conditions: readonly Condition[],
  signal: AbortSignal,
): AsyncGenerator<number[]> {
  const plan = planOf(tables, level, conditions);
  const scanned = scannedTable(plan);
  const pages = scanned
    ? byRanges(tables, level, conditions, scanned)
    : byTime(tables, level, conditions, plan);
  const turns = new Turns();
  try {
    while (!signal.aborted) {
      tables.checkOpen();
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
  const sql = `${table}.id > ? AND ${table}.id <= ?`;
  const range = { sql, parameters: [], table, column: "id" };
  const statement = tables.prepare(sqlOf(level, [...conditions, range]));
  const values = valuesOf(conditions);
  const last = lastOf(tables, table);
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

/**
 * Where an index leads to it: one row after the other, and now and then one that does not fit, so that there are turns. But
 * for the first all that fit are given at the end: whoever takes them may take long, and the log of what is written
 * meanwhile grows as long as a statement is open.
 */
function* byTime(
  tables: Database,
  level: Level,
  conditions: readonly Condition[],
  plan: string,
): Pages {
  const led = conditions.filter((condition) => isLedBy(plan, condition));
  const others = conditions.filter((condition) => !led.includes(condition));
  const orNow = others.map((each) => ({
    ...each,
    sql: `(${each.sql}) OR ${each.table}.id % ${EVERY} = 0`,
  }));
  const fits = others.length > 0 ? `, ${allOf(others)} AS fits` : "";
  const sql = sqlOf(level, [...led, ...orNow], fits);
  const values = valuesOf([...others, ...led, ...others]);
  // Without other conditions it is undefined.
  const isFit = ({ fits }: Row) => fits !== 0 && fits !== null;
  const begin = tables.prepare(`${sql} LIMIT ${FIRST}`).all(...values) as Row[];
  const first = begin.filter(isFit).map(({ id }) => id as number);
  if (begin.length < FIRST) return first;
  yield first;
  // What changes meanwhile may be met again.
  const given = new Uint8Array(lastOf(tables, TABLE[level]) + 1);
  for (const id of first) given[id] = 1;
  const ids: number[] = [];
  let start = performance.now();
  let rows = 0;
  for (const row of tables.prepare(sql).iterate(...values) as Iterable<Row>) {
    const id = row.id as number;
    if (isFit(row) && given[id] === 0) {
      given[id] = 1;
      ids.push(id);
    }
    if (++rows % EVERY !== 0 || performance.now() - start < TURN_MS) continue;
    yield [];
    start = performance.now();
  }
  return ids;
}

/** The highest id in a table. */
function lastOf(tables: Database, table: string): number {
  return Number(tables.get(`SELECT max(id) AS id FROM ${table}`)?.id ?? 0);
}

/** Whether an index is used for the column of a condition. */
function isLedBy(plan: string, { table, column }: Condition): boolean {
  return new RegExp(`^SEARCH ${table} USING .*\\b${column}\\d?[=<>]`, "m").test(plan);
}

/** What SQLite would do, a line for each table. */
function planOf(tables: Database, level: Level, conditions: readonly Condition[]): string {
  return tables
    .prepare(`EXPLAIN QUERY PLAN ${sqlOf(level, conditions)}`)
    .all(...valuesOf(conditions))
    .map(({ detail }) => detail)
    .join("\n");
}

/** The table of which all rows would be looked at, if SQLite would do so. */
function scannedTable(plan: string): string | undefined {
  const [, name] = /^SCAN (\w+)/.exec(plan) ?? [];
  return Object.values(TABLE).find((table) => table === name);
}

function sqlOf(level: Level, conditions: readonly Condition[], more = ""): string {
  const from = JOINED[level];
  return `SELECT ${TABLE[level]}.id AS id${more} FROM ${from} WHERE ${allOf(conditions)}`;
}

function allOf(conditions: readonly Condition[]): string {
  return conditions.map(({ sql }) => `(${sql})`).join(" AND ") || "1";
}

function valuesOf(conditions: readonly Condition[]): SqlValue[] {
  return conditions.flatMap(({ parameters }) => parameters);
}
