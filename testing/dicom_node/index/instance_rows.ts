/**
 * The rows of instances, and of all that they belong to.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import { attributesOf, type Level, LEVELS } from "../attributes.ts";
import { type FileRecord, foldedGroups, type InstanceRecord } from "../record.ts";
import type { Database, SqlValue } from "./database.ts";
import { columnsOf, JOINED, TABLE } from "./schema.ts";

/** Whether anything of a file, or of an instance, has to go first; mostly nothing has. */
const IN_THE_WAY = `SELECT 1 FROM instance WHERE path = ?1 OR SOPInstanceUID = ?2
  UNION ALL SELECT 1 FROM other WHERE path = ?1 LIMIT 1`;

/** The series of a study. */
const SERIES = `SELECT series.id AS id FROM series JOIN study ON study.id = series.study
  WHERE study.StudyInstanceUID = ? AND series.SeriesInstanceUID = ?`;

/** Ids of an instance and of what it belongs to. */
interface Ids {
  readonly patient?: number;
  readonly study?: number;
  readonly series?: number;
  readonly instance?: number;
}

const IDS =
  `SELECT patient.id AS patient, study.id AS study, series.id AS series, instance.id AS instance
  FROM ${JOINED.IMAGE} WHERE instance.id = ?`;

/** The file that an instance was in. */
interface IndexedFile extends FileRecord {
  readonly id: number;
}

/** A series, as a study has it. */
interface KnownSeries {
  readonly study: string;
  readonly uid: string;
  readonly id: number;
}

/** Adds and removes rows, with the series, study and patient around them; within a transaction of who calls. */
export class InstanceRows {
  readonly #tables: Database;
  readonly #inserts = new Map<Level, StatementSync>();
  /** The one that was last added to, of those that are there: most often it is the next one's, too. */
  #last: KnownSeries | undefined;

  constructor(tables: Database) {
    this.#tables = tables;
  }

  /** The file of an instance that is there. */
  fileOf(sopInstanceUID: string): IndexedFile | undefined {
    const sql = "SELECT id, path, size, mtime, etag FROM instance WHERE SOPInstanceUID = ?";
    return this.#tables.get(sql, sopInstanceUID) as unknown as IndexedFile | undefined;
  }

  /** Adds instances; one that is there already counts as another file, or takes the other's place. */
  put(records: readonly InstanceRecord[], replace: boolean): void {
    // What is known of a transaction before may have been undone.
    this.#last = undefined;
    for (const record of records) if (!this.#addToSeries(record)) this.#put(record, replace);
  }

  /** Adds an instance to a series that is there, unless anything is in its way. */
  #addToSeries(record: InstanceRecord): boolean {
    if (this.#tables.get("SELECT 1 FROM other WHERE path = ?", record.file.path)) return false;
    const series = this.#seriesOf(record.values);
    return series !== undefined && this.#insertInstance(record, series, null) !== undefined;
  }

  #put(record: InstanceRecord, replace: boolean): void {
    const { file, values } = record;
    let was: Ids = {};
    if (this.#tables.get(IN_THE_WAY, file.path, values.SOPInstanceUID!)) {
      const there = this.fileOf(values.SOPInstanceUID!);
      if (there && there.path !== file.path && !replace) {
        return this.putOther(file, values.SOPInstanceUID);
      }
      // A query that is under way has found it, and what it alone belongs to, by these.
      if (there) was = this.#tables.get(IDS, there.id) as Ids;
      this.remove("instance", file.path);
      this.remove("other", file.path);
      if (there) this.remove("instance", there.path);
    }
    const series = this.#seriesOf(values) ?? this.#makeSeries(values, was);
    this.#insertInstance(record, series, was.instance ?? null);
  }

  #insertInstance(
    { file, values, transferSyntaxUID: transferSyntax }: InstanceRecord,
    series: number,
    id: number | null,
  ): number | undefined {
    const { path, size = null, mtime = null, etag = null } = file;
    const datasetOffset = file.datasetOffset!;
    const more = { id, series, transferSyntax, path, size, mtime, etag, datasetOffset };
    return this.#insert("IMAGE", values, more);
  }

  /** Remembers a file that is no instance, or one with the UID of an instance that another file has. */
  putOther({ path, size, mtime, etag }: FileRecord, uid?: string): void {
    this.remove("instance", path);
    const sql =
      "INSERT OR REPLACE INTO other (path, size, mtime, etag, uid) VALUES (?, ?, ?, ?, ?)";
    this.#tables.statement(sql).run(path, size ?? null, mtime ?? null, etag ?? null, uid ?? null);
  }

  /** Forgets the files whose instance no other file has any more, and gives their paths. */
  takeOrphans(): string[] {
    const sql = `DELETE FROM other WHERE uid IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM instance WHERE SOPInstanceUID = uid) RETURNING path`;
    return this.#tables.statement(sql).all().map(({ path }) => path as string);
  }

  /** The id of the series, if it is there. */
  #seriesOf(
    { StudyInstanceUID: study = "", SeriesInstanceUID: uid = "" }: InstanceRecord["values"],
  ) {
    if (this.#last?.uid === uid && this.#last.study === study) return this.#last.id;
    const id = this.#tables.get(SERIES, study, uid)?.id as number | undefined;
    this.#last = id === undefined ? undefined : { study, uid, id };
    return id;
  }

  /** Makes the series, and where they are new its study and its patient. */
  #makeSeries(values: InstanceRecord["values"], was: Ids): number {
    const { PatientID = "", StudyInstanceUID } = values;
    const patient = this.#idOf("SELECT id FROM patient WHERE PatientID = ?", PatientID) ??
      this.#insert("PATIENT", { ...values, PatientID }, { id: this.#free("patient", was) })!;
    const study =
      this.#idOf("SELECT id FROM study WHERE StudyInstanceUID = ?", StudyInstanceUID!) ??
        this.#insert("STUDY", values, { id: this.#free("study", was), patient })!;
    return this.#insert("SERIES", values, { id: this.#free("series", was), study })!;
  }

  /** The id of what has gone with the instance, for what comes in its place. */
  #free(table: keyof Ids, was: Ids): number | null {
    const id = was[table];
    if (id === undefined) return null;
    return this.#tables.get(`SELECT 1 FROM ${table} WHERE id = ?`, id) ? null : id;
  }

  #idOf(sql: string, value: string): number | undefined {
    return this.#tables.get(sql, value)?.id as number | undefined;
  }

  /** Adds a row, and gives its id; nothing where another is in its way. */
  #insert(
    level: Level,
    values: InstanceRecord["values"],
    more: Record<string, SqlValue>,
  ): number | undefined {
    let statement = this.#inserts.get(level);
    if (!statement) {
      const names = [...columnsOf(level), ...Object.keys(more)];
      const marks = names.map(() => "?").join(", ");
      const sql = `INSERT INTO ${TABLE[level]} (${names.join(", ")}) VALUES (${marks})
        ON CONFLICT DO NOTHING`;
      this.#inserts.set(level, statement = this.#tables.prepare(sql));
    }
    const own: SqlValue[] = [];
    for (const { keyword, vr } of attributesOf(level)) {
      const value = values[keyword];
      own.push(value ?? null);
      if (vr === "PN") own.push(...foldedGroups(value ?? "").map((group) => group || null));
    }
    const { changes, lastInsertRowid } = statement.run(...own, ...Object.values(more));
    return changes === 0 ? undefined : Number(lastInsertRowid);
  }

  /** Removes a file, and the series, study and patient that have nothing else. */
  remove(table: string, path: string): void {
    if (table === "other") {
      this.#tables.statement("DELETE FROM other WHERE path = ?").run(path);
      return;
    }
    this.#last = undefined;
    const sql = "DELETE FROM instance WHERE path = ? RETURNING series AS parent";
    let parent = this.#tables.get(sql, path)?.parent;
    for (const level of [...LEVELS].reverse().slice(1)) {
      if (parent === undefined) return;
      const below = TABLE[LEVELS[LEVELS.indexOf(level) + 1]!];
      const above = level === "PATIENT" ? "0" : TABLE[LEVELS[LEVELS.indexOf(level) - 1]!];
      parent = this.#tables.get(
        `DELETE FROM ${TABLE[level]} WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM ${below} WHERE ${
          TABLE[level]
        } = ?1) RETURNING ${above} AS parent`,
        parent,
      )?.parent;
    }
  }
}
