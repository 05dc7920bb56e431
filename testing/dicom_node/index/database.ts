/**
 * A database of SQLite that is an index of ours.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { VfsError } from "../../../vfs/errors.ts";
import { APPLICATION, CREATE, SCHEMA_VERSION, TABLE } from "./schema.ts";

/** A value in SQL. */
export type SqlValue = string | number | null;

/** A row of an answer. */
export type Row = Readonly<Record<string, SqlValue>>;

/** A file without a name: SQLite writes to it what does not fit into 2 MiB of memory, and it goes with the process. */
const TEMPORARY = "";

/** SQLITE_BUSY: another process has locked it. */
const BUSY = 5;
/** SQLITE_FULL. */
const FULL = 13;

/** The tables, and statements that are used again. */
export class Database implements Disposable {
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isOpen = true;

  /** Opens or makes the tables in a file; without one in a temporary. @throws `Unexpected` for one that cannot be used */
  constructor(file: string = TEMPORARY) {
    let db: DatabaseSync | undefined;
    try {
      db = file === TEMPORARY ? openTemporary() : new DatabaseSync(file);
      prepare(db, file === TEMPORARY ? "MEMORY" : "WAL");
    } catch (cause) {
      db?.close();
      const why = codeOf(cause) === BUSY ? "another process uses it" : (cause as Error).message;
      const reason = `it cannot be used as the index: ${why}`;
      throw new VfsError("Unexpected", { op: "open", url: file, reason, cause });
    }
    this.#file = file;
    this.#db = db;
  }

  /** Runs statements that answer nothing. */
  exec(sql: string): void {
    this.#db.exec(sql);
  }

  /** A statement that is used once. */
  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  /** A statement, kept for the next time. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      // A peer chooses among the attributes of an answer, and so makes statements.
      if (this.#statements.size >= 200) this.#statements.clear();
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** The first row of an answer. @throws `StorageFull` where there is no room for what has to leave the memory for it */
  get(sql: string, ...parameters: SqlValue[]): Row | undefined {
    try {
      return this.statement(sql).get(...parameters) as Row | undefined;
    } catch (error) {
      throw codeOf(error) === FULL ? this.#unwritable(error) : error;
    }
  }

  /** Does all of `work`, or nothing. @throws `StorageFull` where that fails */
  transaction(work: () => void): void {
    try {
      this.statement("BEGIN").run();
      work();
      this.statement("COMMIT").run();
    } catch (cause) {
      // A full disk may have ended it already.
      if (this.#db.isTransaction) this.statement("ROLLBACK").run();
      throw this.#unwritable(cause);
    }
  }

  #unwritable(cause: unknown): VfsError {
    const reason = `the index cannot be written: ${(cause as Error).message}`;
    const url = this.#file || "temporary index";
    return new VfsError("StorageFull", { op: "write", url, reason, cause });
  }

  /** A statement of a closed database gives no more rows, and no error. @throws `Unavailable` once it is closed */
  checkOpen(): void {
    if (this.#isOpen) return;
    const reason = "the index is closed";
    throw new VfsError("Unavailable", { op: "read", url: this.#file, reason, status: "permanent" });
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#statements.clear();
    this.#db.close();
  }
}

/** A database that nobody opens again; in memory where not everything is permitted, since it is no file of which one could be asked. */
function openTemporary(): DatabaseSync {
  try {
    return new DatabaseSync(TEMPORARY);
  } catch {
    return new DatabaseSync(":memory:");
  }
}

/** Makes the tables, unless they are there. @throws `Error` for somebody else's database */
function prepare(db: DatabaseSync, journal: "MEMORY" | "WAL"): void {
  // Two nodes would each forget what the other has stored, and wait for each other.
  db.exec("PRAGMA locking_mode = EXCLUSIVE");
  const { application_id: application } = db.prepare("PRAGMA application_id").get() as Row;
  const { user_version: version } = db.prepare("PRAGMA user_version").get() as Row;
  const { count } = db.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as Row;
  if (application !== APPLICATION && count !== 0) throw new Error("it is another database");
  // Losing the last records in a crash is no harm: the folder is looked through at each start.
  db.exec(`PRAGMA journal_mode = ${journal}; PRAGMA synchronous = NORMAL;`);
  if (application === APPLICATION && version === SCHEMA_VERSION) return;
  const drops = [...Object.values(TABLE), "other"].map((name) => `DROP TABLE IF EXISTS ${name};`);
  // Half of it would be taken for another database after a crash.
  db.exec(`BEGIN; ${drops.join(" ")} ${CREATE}
    PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
}

/** What SQLite calls a failure. */
function codeOf(error: unknown): unknown {
  return error instanceof Error && "errcode" in error ? error.errcode : undefined;
}
