/**
 * C-STORE: from the association to the folder.
 *
 * @module
 */

import { type DicomHeader, encodeFileMeta, readDicomHeader } from "../../formats/mod.ts";
import {
  type Association,
  type DatasetSink,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  type IncomingInstance,
} from "../../transports/dicom/dimse/mod.ts";
import type { WriteHandle } from "../../vfs/handles.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { Info, PutMode } from "../../vfs/transport.ts";
import { encodeSegment } from "../../vfs/location/url_syntax.ts";
import { LAST_TAG } from "./attributes.ts";
import { Comparison, existing } from "./existing.ts";
import { failure } from "./failure.ts";
import type { Folder } from "./folder.ts";
import type { InstanceIndex } from "./index/instance_index.ts";
import { pathOf } from "./layout.ts";
import { type InstanceRecord, valuesOf } from "./record.ts";
import { isPlaced } from "./scan.ts";
import type { UnderWay } from "./under_way.ts";

/**
 * What to do with an instance that is there already, but not with the same dataset: `refuse` it, `replace` what is
 * there, or `keep` that and say that all is well.
 */
export type Duplicates = "refuse" | "replace" | "keep";

/** Most of a dataset that is kept in memory until its place is known, in bytes. */
const LAST_LOOK = 4 << 20;

/** A dataset that fits in, as that of most images does, is stored at one go. */
const BLOCK = 1 << 20;
/** Room for file meta information before the dataset, in bytes: its values are short. */
const META = 1024;
/** Blocks of instances that have come, for those that come; new ones would be as much garbage as there are bytes. */
const FREE: Uint8Array<ArrayBuffer>[] = [];
const MOST_FREE = 4;
const NOTHING = new Uint8Array(0);
/** In so many bytes most headers are. */
const HEADER = 8 << 10;

/** Where instances are stored. */
export interface Store {
  readonly folder: Folder;
  readonly index: InstanceIndex;
  readonly duplicates: Duplicates;
  /** Whether a new file can be kept from replacing another; who has an index does not know all that others store. */
  readonly isExclusive: boolean;
  /** What is being stored in pieces. */
  readonly underWay: UnderWay;
}

/** Takes an instance that a peer sends. */
export function receive(
  store: Store,
  instance: IncomingInstance,
  association: Association,
): DatasetSink {
  return new InstanceSink(store, instance, association);
}

/** What takes the bytes of an instance: a new file, or a look at one that is there. */
type Target = Pick<WriteHandle, "write" | "abort"> & { commit(): Promise<Info | void> };

const KEPT: Target = { write: async () => {}, commit: async () => {}, abort: async () => {} };

/** Where an instance goes, and what is known of it. */
interface Placed {
  readonly path: string;
  readonly values: ReturnType<typeof valuesOf>;
  readonly meta: Uint8Array<ArrayBuffer>;
  /** Where the index has it already. */
  readonly there: string | undefined;
}

/**
 * Takes a dataset into the folder, unchanged, behind file meta information. Its place depends on the patient, study
 * and series in it, so its beginning waits in memory until these have come; what is longer than a block is streamed.
 */
class InstanceSink implements DatasetSink {
  readonly #store: Store;
  readonly #instance: IncomingInstance;
  readonly #association: Association;
  /** What has come and is not written yet, with room before it. */
  #block: Uint8Array<ArrayBuffer> = FREE.pop() ?? new Uint8Array(BLOCK);
  #filled = META;
  #length = 0;
  #isOver = false;
  /** What the first bytes tell, read while the others come. */
  #early: Promise<DicomHeader> | undefined;
  #placed: Placed | undefined;
  #target: Target | undefined;
  /** The file that is there, when it is that. */
  #there: InstanceRecord | undefined;
  readonly #aborting = new AbortController();
  /** Lets others store the same instance. */
  #leave = () => {};

  constructor(store: Store, instance: IncomingInstance, association: Association) {
    this.#store = store;
    this.#instance = instance;
    this.#association = association;
  }

  write(chunk: Uint8Array): Promise<void> | void {
    this.#length += chunk.length;
    if (this.#filled + chunk.length > this.#block.length) return this.#take(chunk);
    this.#block.set(chunk, this.#filled);
    this.#filled += chunk.length;
    if (this.#early || this.#placed || this.#filled < META + HEADER) return;
    this.#early = this.#header();
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
    const early = this.#placed ? undefined : await this.#early;
    const placed = this.#placed ??= this.#placeOf(
      early && isWhole(early) ? early : await this.#header(),
    );
    const stored = this.#target ? await this.#finish(this.#target) : await this.#storeWhole(placed);
    if (this.#block.length === BLOCK && FREE.length < MOST_FREE) FREE.push(this.#block);
    const record = stored ? this.#recordOf(placed, stored) : this.#there!;
    // What a query has found stays under its number.
    if (stored || record.file.path !== placed.there) this.#store.index.arrive(record);
  }

  async abort(): Promise<void> {
    this.#isOver = true;
    // Somebody may still be writing from it.
    this.#block = NOTHING;
    this.#aborting.abort();
    this.#leave();
    await this.#target?.abort();
  }

  /** Adds a chunk for which room must be made. */
  async #take(chunk: Uint8Array): Promise<void> {
    // It may be aborted meanwhile.
    for (let at = 0; at < chunk.length && !this.#isOver;) {
      if (this.#filled === this.#block.length) {
        await this.#makeRoom();
        continue;
      }
      const part = chunk.subarray(at, at + this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** Begins the file when enough has come for that, or when it must be; what waits gets more memory otherwise. */
  async #makeRoom(): Promise<void> {
    if (this.#target) return await this.#flush(this.#target);
    const header = await this.#header();
    if (this.#isOver) return;
    if (isWhole(header) || this.#filled >= LAST_LOOK) {
      return await this.#begin(this.#placed = this.#placeOf(header));
    }
    const larger = new Uint8Array(2 * this.#block.length);
    larger.set(this.#block);
    this.#block = larger;
  }

  async #begin({ path, meta, there }: Placed): Promise<void> {
    const { duplicates, underWay } = this.#store;
    if (duplicates === "refuse") {
      const { sopInstanceUID } = this.#instance;
      const { signal } = this.#aborting;
      this.#leave = await underWay.enter(sopInstanceUID, () => this.#length, signal);
      if (this.#isOver) return this.#leave();
    }
    // Another may have put it there, before the index had a place for it.
    const look = await this.#lookAt(there ?? path);
    const target = look ?? await this.#store.folder.create(path, this.#mode);
    if (this.#isOver) return await target.abort();
    this.#target = target;
    if (!look) await target.write(meta);
    await this.#flush(target, META);
  }

  async #flush(target: Target, start = 0): Promise<void> {
    const waiting = this.#block.subarray(start, this.#filled);
    this.#filled = 0;
    if (waiting.length > 0) await target.write(waiting);
  }

  async #finish(target: Target, start = 0): Promise<Info | void> {
    await this.#flush(target, start);
    try {
      return await target.commit();
    } catch (error) {
      // Another has put it there meanwhile.
      if (!isThere(error)) throw error;
      const there = await this.#lookAt(this.#placed!.path, this.#length);
      if (!there) throw error;
      await Promise.all([target.abort(), there.abort()]);
      if (there === KEPT) return;
      const reason = "another has stored it meanwhile, and what came cannot be compared any more";
      throw failure("C-STORE", 0xA700, this.#association.url, `${reason}: send it again`);
    }
  }

  async #storeWhole({ path, meta, there }: Placed): Promise<Info | void> {
    this.#target = await this.#lookAt(there, this.#length);
    if (this.#target) return await this.#finish(this.#target, META);
    const start = META - meta.length;
    this.#block.set(meta, start);
    try {
      return await this.#store.folder.write(
        path,
        this.#block.subarray(start, this.#filled),
        this.#mode,
      );
    } catch (error) {
      if (!isThere(error)) throw error;
      // Stored in the meantime, or before the index had a place for it.
      this.#target = await this.#lookAt(path, this.#length);
      if (!this.#target) throw error;
      return await this.#finish(this.#target, META);
    }
  }

  get #mode(): PutMode {
    const { duplicates, isExclusive } = this.#store;
    return duplicates !== "replace" && isExclusive ? "create" : "replace";
  }

  /** Compares what comes with a file, unless that is to be replaced, or is not this instance any more. */
  async #lookAt(path: string | undefined, length?: number): Promise<Target | undefined> {
    const { folder, duplicates } = this.#store;
    if (path === undefined || duplicates === "replace") return;
    const { transferSyntaxUID, sopInstanceUID } = this.#instance;
    this.#there = await existing(folder, path, sopInstanceUID);
    if (!this.#there) return;
    if (duplicates === "keep") return KEPT;
    const coming = { transferSyntaxUID, length };
    return await Comparison.open(folder, this.#there, coming, this.#association.url);
  }

  #recordOf({ path, values, meta }: Placed, { mtime }: Info): InstanceRecord {
    const size = meta.length + this.#length;
    const file = { path, size, mtime: mtime?.getTime(), datasetOffset: meta.length };
    return { values, transferSyntaxUID: this.#instance.transferSyntaxUID, file };
  }

  /** Reads what has come. */
  #header(): Promise<DicomHeader> {
    const { transferSyntaxUID } = this.#instance;
    const start = this.#block.subarray(META, this.#filled);
    return readDicomHeader(start, { transferSyntaxUID, until: LAST_TAG });
  }

  /** Where it goes, by what its header says. */
  #placeOf(header: DicomHeader): Placed {
    const values = this.#checked(header);
    const there = this.#store.index.pathOf(this.#instance.sopInstanceUID);
    const own = pathOf(values).map(encodeSegment).join("/");
    const path = this.#store.duplicates === "replace" ? there ?? own : own;
    return { path, values, meta: this.#meta(), there };
  }

  /** The values of a dataset. @throws `ServiceFailed` with A900H where it is not what the command says */
  #checked(header: DicomHeader): ReturnType<typeof valuesOf> {
    const { sopClassUID, sopInstanceUID } = this.#instance;
    const values = valuesOf(header);
    const refuse = (reason: string) => failure("C-STORE", 0xA900, this.#association.url, reason);
    if (!isPlaced(values)) throw refuse("the dataset names no study, series or instance");
    if (values.SOPClassUID !== sopClassUID || values.SOPInstanceUID !== sopInstanceUID) {
      throw refuse("the dataset is not the instance that the command names");
    }
    return values;
  }

  #meta(): Uint8Array<ArrayBuffer> {
    const { callingAET } = this.#association.request;
    return encodeFileMeta({
      ...this.#instance,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      sourceAET: /^[\x20-\x5B\x5D-\x7E]{1,16}$/.test(callingAET) ? callingAET : undefined,
    });
  }
}

/** Whether it was read to {@linkcode LAST_TAG}, though more may come: bytes can end where an element does, too. */
function isWhole(header: DicomHeader): boolean {
  return !header.complete && !header.damage;
}

function isThere(error: unknown): boolean {
  return isVfsError(error) && error.kind === "AlreadyExists";
}
