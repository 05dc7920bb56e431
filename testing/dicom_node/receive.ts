/**
 * C-STORE: from the association to the folder.
 *
 * @module
 */

import { encodingOf, isDeflated } from "../../formats/dicom/encoding.ts";
import { cutIn } from "../../formats/dicom/file_meta.ts";
import {
  type DicomHeader,
  FormatError,
  parseDicomHeader,
  readDicomHeader,
} from "../../formats/mod.ts";
import type {
  Association,
  DatasetSink,
  IncomingInstance,
} from "../../transports/dicom/dimse/mod.ts";
import { DatasetScanner } from "../../transports/dicom/store_scanner.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Info } from "../../vfs/transport.ts";
import { LAST_TAG } from "./attributes.ts";
import { type Existing, lookAt, type Target } from "./existing.ts";
import { failure } from "./failure.ts";
import { type Placed, placeOf } from "./placing.ts";
import { type FileRecord, type InstanceRecord, isSame, versionOf } from "./record.ts";
import { putMode, type Store } from "./store.ts";
import { Waiting } from "./waiting.ts";

/** Most of a dataset that is kept in memory until its place is known, in bytes. */
const LAST_LOOK = 4 << 20;
/** In so many bytes most headers are. */
const HEADER = 8 << 10;

/** Takes an instance that a peer sends; `onRemark` hears what of it is not understood, and kept as it is. */
export function receive(
  store: Store,
  instance: IncomingInstance,
  association: Association,
  onRemark: (remark: string) => void,
): DatasetSink {
  return new InstanceSink(store, instance, association, onRemark);
}

/**
 * Takes a dataset into the folder, unchanged, behind file meta information. Its place depends on the patient, study
 * and series in it, so its beginning waits in memory until these have come; what is longer is streamed.
 */
class InstanceSink implements DatasetSink {
  readonly #store: Store;
  readonly #instance: IncomingInstance;
  readonly #association: Association;
  readonly #onRemark: (remark: string) => void;
  readonly #waiting = new Waiting();
  #length = 0;
  #isOver = false;
  /** Tells what is cut short; what is deflated nobody inflates for that. */
  readonly #scanner: DatasetScanner | undefined;
  /** Its place by the first bytes, where they tell it: found while the others come. */
  #early: Promise<Placed | undefined> | undefined;
  #placed: Placed | undefined;
  #target: Target | undefined;
  /** Of the file that is written. */
  #path = "";
  /** The file that is there, when it is that. */
  #there: Existing | undefined;
  /** Of one that is streamed. */
  #aborting: AbortController | undefined;
  /** Lets others store the same instance. */
  #leave = () => {};

  constructor(
    store: Store,
    instance: IncomingInstance,
    association: Association,
    onRemark: (remark: string) => void,
  ) {
    this.#store = store;
    this.#instance = instance;
    this.#association = association;
    this.#onRemark = onRemark;
    const { transferSyntaxUID } = instance;
    if (!isDeflated(transferSyntaxUID)) {
      this.#scanner = new DatasetScanner(encodingOf(transferSyntaxUID));
    }
  }

  write(chunk: Uint8Array): Promise<void> | void {
    this.#length += chunk.length;
    this.#scanner?.push(chunk);
    if (chunk.length > this.#waiting.room) return this.#take(chunk);
    this.#waiting.add(chunk);
    if (this.#early || this.#placed || this.#waiting.length < HEADER) return;
    this.#early = this.#placeByNow();
    // Told at the end, unless the association has ended before.
    this.#early.catch(() => {});
  }

  async close(): Promise<void> {
    try {
      await this.#close();
    } finally {
      this.#leave();
    }
  }

  async #close(): Promise<void> {
    const placed = this.#placed ??= await this.#early ?? this.#placeOf(await this.#header(), true);
    this.#checkEnd();
    // The index has the one that the folder has, and each knows of the one before, also where that is another patient's.
    const { sopInstanceUID } = this.#instance;
    await this.#store.underWay.inTurn(sopInstanceUID, () => this.#keep(placed));
  }

  async #keep(placed: Placed): Promise<void> {
    const stored = this.#target ? await this.#finish(this.#target) : await this.#storeWhole(placed);
    this.#waiting.free();
    const record = stored ? this.#recordOf(placed, stored) : this.#there!.record;
    const { file } = record;
    // What a query has found stays under its number, while its file is what it was.
    const known = stored ? undefined : this.#known;
    const isKnown = known?.path === file.path && isSame(known, file);
    if (!isKnown) this.#store.index.arrive(record);
  }

  async abort(): Promise<void> {
    this.#isOver = true;
    this.#waiting.drop();
    this.#aborting?.abort();
    this.#leave();
    await this.#target?.abort();
  }

  /** Adds a chunk for which room must be made. */
  async #take(chunk: Uint8Array): Promise<void> {
    // It may be aborted meanwhile.
    for (let at = 0; at < chunk.length && !this.#isOver;) {
      if (this.#waiting.room === 0) await this.#makeRoom();
      else at += this.#waiting.add(chunk.subarray(at));
    }
  }

  /** Begins the file when enough has come for that, or when it must be; what waits gets more memory otherwise. */
  async #makeRoom(): Promise<void> {
    if (this.#target) return await this.#flush(this.#target);
    const isLast = this.#waiting.length >= LAST_LOOK;
    const placed = isLast ? this.#placeOf(await this.#header()) : await this.#placeByNow();
    if (this.#isOver) return;
    if (!placed) return this.#waiting.grow();
    await this.#begin(this.#placed = placed);
  }

  async #begin(placed: Placed): Promise<void> {
    const { duplicates, underWay, folder } = this.#store;
    if (duplicates !== "replace") {
      const { sopInstanceUID } = this.#instance;
      const { signal } = this.#aborting = new AbortController();
      this.#leave = await underWay.enter(sopInstanceUID, () => this.#length, signal);
      if (this.#isOver) return this.#leave();
    }
    // Another may have put it there, before the index had a place for it.
    const look = await this.#lookAt(this.#known?.path ?? placed.path);
    this.#path = this.#pathFor(placed);
    const target = look ?? await folder.create(this.#path, putMode(this.#store));
    if (this.#isOver) return await target.abort();
    this.#target = target;
    if (!look) await target.write(placed.meta);
    await this.#flush(target);
  }

  async #flush(target: Target): Promise<void> {
    if (this.#waiting.length > 0) await target.write(this.#waiting.take());
  }

  async #finish(target: Target): Promise<Info | void> {
    await this.#flush(target);
    const known = this.#known?.path;
    // Stored in the meantime, and elsewhere: of each patient it has another place.
    const isElsewhere = !this.#there && known !== undefined && known !== this.#path;
    if (isElsewhere && await this.#isOvertaken(target, known)) return;
    try {
      return await target.commit();
    } catch (error) {
      if (!isThere(error) || !await this.#isOvertaken(target, this.#path)) throw error;
    }
  }

  /** Whether another has stored it at `path`, which is kept. @throws `ServiceFailed` where what comes is to be sent again, or refused */
  async #isOvertaken(target: Target, path: string): Promise<boolean> {
    const there = await this.#lookAt(path, this.#length);
    if (!there && this.#store.duplicates !== "replace") return false;
    await Promise.all([target.abort(), there?.abort()]);
    if (this.#there?.isKept) return true;
    const comment = "another has stored it meanwhile: send it again";
    throw failure("C-STORE", 0xA700, this.#association.url, comment);
  }

  async #storeWhole(placed: Placed): Promise<Info | void> {
    const path = this.#path = this.#pathFor(placed);
    this.#target = await this.#lookAt(this.#known?.path, this.#length);
    if (this.#target) return await this.#finish(this.#target);
    try {
      return await this.#store.folder.write(
        path,
        this.#waiting.behind(placed.meta),
        putMode(this.#store),
      );
    } catch (error) {
      if (!isThere(error)) throw error;
      // Stored in the meantime, or before the index had a place for it.
      this.#target = await this.#lookAt(path, this.#length);
      if (!this.#target) throw error;
      return await this.#finish(this.#target);
    }
  }

  /** Where the index has it by now. */
  get #known(): FileRecord | undefined {
    return this.#store.index.fileOf(this.#instance.sopInstanceUID);
  }

  /** Where it goes: what is replaced lies where it lay. */
  #pathFor({ path }: Placed): string {
    return this.#store.duplicates === "replace" ? this.#known?.path ?? path : path;
  }

  /** Compares what comes with the file at `path`, where that is this instance and stays. */
  async #lookAt(path: string | undefined, length?: number): Promise<Target | undefined> {
    const { url } = this.#association;
    this.#there = await lookAt(this.#store, this.#instance, path, length, url);
    return this.#there?.target;
  }

  /** @throws `ServiceFailed` with C000H for a dataset of which an element is not all there: what is whole could not follow it */
  #checkEnd(): void {
    try {
      this.#scanner?.end();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw failure("C-STORE", 0xC000, this.#association.url, "the dataset is cut short");
    }
    const remark = this.#scanner?.remark;
    if (remark) this.#onRemark(remark);
  }

  #recordOf({ values, meta }: Placed, stored: Info): InstanceRecord {
    const size = meta.length + this.#length;
    const file = { ...versionOf(stored), path: this.#path, size, datasetOffset: meta.length };
    return { values, transferSyntaxUID: this.#instance.transferSyntaxUID, file };
  }

  /** Reads what has come. */
  #header(): DicomHeader | Promise<DicomHeader> {
    const { transferSyntaxUID } = this.#instance;
    const read = isDeflated(transferSyntaxUID) ? readDicomHeader : parseDicomHeader;
    return read(this.#waiting.bytes, { transferSyntaxUID, until: LAST_TAG });
  }

  /** Its place, if all that tells it has come. */
  async #placeByNow(): Promise<Placed | undefined> {
    const header = await this.#header();
    return isWhole(header) ? this.#placeOf(header) : undefined;
  }

  /**
   * Its place by a header, of all of it or of the part that is here.
   *
   * @throws `ServiceFailed` with C000H where the header cannot be read to its end: the next start would not know its file
   */
  #placeOf(header: DicomHeader, isAll = this.#scanner?.remark !== undefined): Placed {
    const placed = placeOf(this.#instance, this.#association, header);
    if (!isAll || !cutIn(header)) return placed;
    throw failure("C-STORE", 0xC000, this.#association.url, "the header cannot be read");
  }
}

/** Whether it was read to {@linkcode LAST_TAG}, though more may come: bytes can end where an element does, too. */
function isWhole(header: DicomHeader): boolean {
  return !header.complete && !header.damage;
}

function isThere(error: unknown): boolean {
  return isVfsError(error) && error.kind === "AlreadyExists";
}
