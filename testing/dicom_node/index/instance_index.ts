/**
 * What is kept of each instance, in SQLite.
 *
 * @module
 */

import type { Level } from "../attributes.ts";
import type { FileRecord, InstanceRecord } from "../record.ts";
import { Database, type Row } from "./database.ts";
import { InstanceRows } from "./instance_rows.ts";
import { FILE_TABLES, Pass } from "./pass.ts";
import { JOINED, TABLE } from "./schema.ts";
import { type Condition, search } from "./search.ts";

/** An instance as it can be sent. */
export interface IndexedInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly path: string;
  readonly size: number | null;
  readonly mtime: number | null;
  readonly etag: string | null;
  readonly datasetOffset: number;
}

/** How many of each there are. */
export interface IndexCounts {
  /** Patients, told apart by PatientID. */
  readonly patients: number;
  /** Studies. */
  readonly studies: number;
  /** Series. */
  readonly series: number;
  /** Instances. */
  readonly instances: number;
  /** Files that are no DICOM instance, or one that is there already. */
  readonly skipped: number;
}

const INSTANCE = {
  sopClassUID: "instance.SOPClassUID",
  sopInstanceUID: "instance.SOPInstanceUID",
  transferSyntaxUID: "instance.transferSyntax",
  path: "instance.path",
  size: "instance.size",
  mtime: "instance.mtime",
  etag: "instance.etag",
  datasetOffset: "instance.datasetOffset",
};

/** How long what has arrived waits for others, to go into the tables with them: a transaction costs as much as two rows. */
const TOGETHER_MS = 20;
/** So many go into the tables at once at most, since nothing else happens meanwhile. */
const MOST_TOGETHER = 100;

const HAS = "SELECT 1 FROM instance WHERE SOPClassUID = ? AND transferSyntax = ? LIMIT 1";

/** What lies in the folder: patients, studies, series, instances, in SQLite, in a file or a temporary one. */
export class InstanceIndex implements Disposable {
  readonly #tables: Database;
  readonly #rows: InstanceRows;
  /** Instances that have come and are not in the tables yet, by SOP Instance UID. */
  #arrived = new Map<string, InstanceRecord>();
  #settling: ReturnType<typeof setTimeout> | undefined;
  /** They could not be written when that was last tried. */
  #isStuck = false;
  #pass: Pass | undefined;

  /** Opens or makes the index in a file; in a temporary one without. @throws `Unexpected` for one that cannot be used */
  constructor(file?: string) {
    this.#tables = new Database(file);
    this.#rows = new InstanceRows(this.#tables);
  }

  /** Adds instances; one that is there already counts as skipped, or takes the other's place. @throws `StorageFull` */
  put(records: readonly InstanceRecord[], replace = false): void {
    this.#settle();
    this.#write(records, replace);
  }

  /**
   * Adds an instance, or replaces it: in a moment, or before the next question. Who sends it need not wait for that, since
   * its file is there, and would be found at the next start.
   */
  arrive(record: InstanceRecord): void {
    this.#arrived.set(record.values.SOPInstanceUID!, record);
    const isFull = this.#arrived.size >= MOST_TOGETHER;
    if (isFull) clearTimeout(this.#settling);
    else if (this.#settling !== undefined) return;
    this.#settling = setTimeout(() => {
      try {
        this.#settle();
      } catch {
        // Kept; the next question is told.
      }
    }, isFull ? 0 : TOGETHER_MS);
  }

  /** The tables, with all that has arrived. */
  get #db(): Database {
    this.#settle();
    return this.#tables;
  }

  /** Puts what has arrived into the tables. @throws `StorageFull`, and keeps it for the next time */
  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    if (this.#arrived.size === 0) return;
    try {
      this.#write([...this.#arrived.values()], true);
    } catch (error) {
      this.#isStuck = true;
      throw error;
    }
    this.#isStuck = false;
    // A map that is cleared leads from what it had to what it gets, and V8 would keep all of that once a part of it is old.
    this.#arrived = new Map();
  }

  #write(records: readonly InstanceRecord[], replace: boolean): void {
    this.#tables.transaction(() => this.#rows.put(records, replace));
  }

  /** Remembers files that are no instances. */
  putOthers(files: readonly FileRecord[]): void {
    this.#db.transaction(() => {
      for (const file of files) this.#rows.putOther(file);
    });
  }

  /** The file of an instance that is there. @throws `StorageFull` while what has arrived cannot be kept */
  fileOf(sopInstanceUID: string): FileRecord | undefined {
    if (this.#isStuck || this.#arrived.size >= 2 * MOST_TOGETHER) this.#settle();
    return this.#arrived.get(sopInstanceUID)?.file ?? this.#rows.fileOf(sopInstanceUID);
  }

  /** Begins to look through the folder. */
  beginPass(): void {
    this.#pass = new Pass(this.#db);
  }

  /** A file is there; tells whether it was read in an earlier pass, and is the same since. */
  visit(file: FileRecord): boolean {
    return this.#pass!.visit(file);
  }

  /** A file that was visited is not there any more. */
  unvisit(file: FileRecord): void {
    this.#pass!.unvisit(file);
  }

  /**
   * All files were visited: forgets the others, and what is empty without them. Gives the paths of files that were moved, or
   * were a second one of an instance, to be read anew: where the first has gone, each is the instance now.
   */
  endPass(): string[] {
    let orphans: string[] = [];
    this.#db.transaction(() => {
      for (const table of FILE_TABLES) {
        for (const path of this.#pass!.gone(table)) this.#rows.remove(table, path);
      }
      orphans = this.#rows.takeOrphans();
    });
    this.#pass = undefined;
    return orphans;
  }

  /** Ids of the entities of a level for which all conditions hold, by pages, as {@linkcode search} has them. */
  find(
    level: Level,
    conditions: readonly Condition[],
    signal: AbortSignal,
  ): AsyncGenerator<number[]> {
    return search(this.#db, level, conditions, signal);
  }

  /** Makes what gives expressions, named, of one entity by its id; undefined when it is gone. */
  select(
    level: Level,
    expressions: Readonly<Record<string, string>>,
  ): (id: number) => Row | undefined {
    const list = Object.entries(expressions).map(([name, sql]) => `${sql} AS ${name}`).join(", ");
    const sql = `SELECT ${list || 1} FROM ${JOINED[level]} WHERE ${TABLE[level]}.id = ?`;
    const statement = this.#db.statement(sql);
    return (id) => statement.get(id) as Row | undefined;
  }

  /** An instance; undefined when it is gone. */
  instance(id: number): IndexedInstance | undefined {
    return this.select("IMAGE", INSTANCE)(id) as IndexedInstance | undefined;
  }

  /** Whether there is an instance of a class in a transfer syntax, but for those that have just arrived. */
  has(sopClassUID: string, transferSyntaxUID: string): boolean {
    return this.#tables.get(HAS, sopClassUID, transferSyntaxUID) !== undefined;
  }

  /** SOP classes with their transfer syntaxes, of the instances for which all conditions hold. */
  pairs(conditions: readonly Condition[]): [sopClassUID: string, transferSyntaxUID: string][] {
    const where = conditions.map(({ sql }) => `(${sql})`).join(" AND ") || "1";
    const parameters = conditions.flatMap(({ parameters }) => parameters);
    return this.#db
      .prepare(`SELECT DISTINCT SOPClassUID, transferSyntax FROM ${JOINED.IMAGE} WHERE ${where}`)
      .all(...parameters)
      .map((row) => [row.SOPClassUID as string, row.transferSyntax as string]);
  }

  /** How many of each there are. */
  counts(): IndexCounts {
    return this.#db.get(`SELECT (SELECT count(*) FROM patient) AS patients,
      (SELECT count(*) FROM study) AS studies, (SELECT count(*) FROM series) AS series,
      (SELECT count(*) FROM instance) AS instances, (SELECT count(*) FROM other) AS skipped`)! as unknown as IndexCounts;
  }

  /** Closes the file. What cannot be written any more is read anew at the next start. */
  [Symbol.dispose](): void {
    try {
      this.#settle();
    } finally {
      this.#arrived.clear();
      this.#tables[Symbol.dispose]();
    }
  }
}
