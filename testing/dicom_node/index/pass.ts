/**
 * A look through the folder, as the tables see it: which of the files that they know have been met.
 *
 * @module
 */

import { type FileRecord, type FileVersion, isSame } from "../record.ts";
import type { Database, Row } from "./database.ts";

/** Tables that have files. */
export const FILE_TABLES = ["instance", "other"] as const;

/** What was known of the files when the look began; rows that come meanwhile are of files that have been met. */
export class Pass {
  readonly #tables: Database;
  readonly #met: ReadonlyMap<typeof FILE_TABLES[number], MetRows>;

  /** Begins. */
  constructor(tables: Database) {
    this.#tables = tables;
    this.#met = new Map(FILE_TABLES.map((table) => {
      const sql = `SELECT count(*) AS count, max(rowid) AS last FROM ${table}`;
      const { count, last } = tables.get(sql)!;
      return [table, new MetRows(count as number, Number(last ?? 0))];
    }));
  }

  /** A file is there; tells whether it is what it was. */
  visit(file: FileRecord): boolean {
    const found = this.#find(file.path);
    found?.rows.add(found.row.id as number);
    return found !== undefined && isSame(found.row as FileVersion, file) === true;
  }

  /** A file that was visited is not there any more. */
  unvisit({ path }: FileRecord): void {
    const found = this.#find(path);
    found?.rows.delete(found.row.id as number);
  }

  /** The files of a table that were not met. */
  *gone(table: typeof FILE_TABLES[number]): Generator<string> {
    for (const id of this.#met.get(table)!.missing()) {
      const row = this.#tables.get(`SELECT path FROM ${table} WHERE rowid = ?`, id);
      if (row) yield row.path as string;
    }
  }

  #find(path: string): { row: Row; rows: MetRows } | undefined {
    for (const [table, rows] of this.#met) {
      const sql = `SELECT rowid AS id, size, mtime, etag FROM ${table} WHERE path = ?`;
      const row = this.#tables.get(sql, path);
      if (row) return { row, rows };
    }
  }
}

/** Rows by number, a byte for each: a table of the paths takes as long as all else. */
class MetRows {
  readonly #met: Uint8Array;
  #left: number;

  constructor(count: number, last: number) {
    this.#met = new Uint8Array(last + 1);
    this.#left = count;
  }

  add(id: number): void {
    if (this.#met[id] !== 0) return;
    this.#met[id] = 1;
    this.#left--;
  }

  delete(id: number): void {
    if (this.#met[id] !== 1) return;
    this.#met[id] = 0;
    this.#left++;
  }

  /** Numbers among which are all rows that were not met; none where there are no such rows. */
  *missing(): Generator<number> {
    if (this.#left === 0) return;
    for (let id = this.#met.indexOf(0, 1); id > 0; id = this.#met.indexOf(0, id + 1)) yield id;
  }
}
