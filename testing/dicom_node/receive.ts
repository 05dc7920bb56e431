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
  NOWHERE,
} from "../../transports/dicom/dimse/mod.ts";
import type { WriteHandle } from "../../vfs/handles.ts";
import { encodeSegment } from "../../vfs/location/url_syntax.ts";
import { LAST_TAG } from "./attributes.ts";
import { failure } from "./failure.ts";
import type { Folder } from "./folder.ts";
import type { InstanceIndex } from "./index/instance_index.ts";
import { pathOf } from "./layout.ts";
import { valuesOf } from "./record.ts";
import { isPlaced } from "./scan.ts";

/** What to do with an instance that is there already. */
export type Duplicates = "replace" | "keep";

/** How much of a dataset is looked at for the first time, in bytes; twice as much at each next. */
const FIRST_LOOK = 16 * 1024;
/** Most of a dataset that is kept in memory until its place is known, in bytes. */
const LAST_LOOK = 4 << 20;

/** Bytes that are written at one go: a fragment alone costs more than it carries. */
const BLOCK = 512 * 1024;
/** Blocks of instances that have come, for those that come; new ones would be as much garbage as there are bytes. */
const FREE: Uint8Array<ArrayBuffer>[] = [];
const MOST_FREE = 8;
const NOTHING = new Uint8Array(0);

/** Where instances are stored. */
export interface Store {
  readonly folder: Folder;
  readonly index: InstanceIndex;
  readonly duplicates: Duplicates;
}

/** Takes an instance that a peer sends; what is kept already is read and dropped where it is to be kept. */
export function receive(
  store: Store,
  instance: IncomingInstance,
  association: Association,
): DatasetSink {
  const isThere = store.index.pathOf(instance.sopInstanceUID) !== undefined;
  if (isThere && store.duplicates === "keep") return NOWHERE;
  return new InstanceSink(store, instance, association);
}

/**
 * Streams a dataset into the folder, unchanged, behind file meta information. Its place depends on the patient, study
 * and series in it, so its beginning waits in memory until these have come.
 */
class InstanceSink implements DatasetSink {
  readonly #store: Store;
  readonly #instance: IncomingInstance;
  readonly #association: Association;
  /** What has come and is not written yet. */
  #block: Uint8Array<ArrayBuffer> = FREE.pop() ?? new Uint8Array(BLOCK);
  #filled = 0;
  #length = 0;
  #isOver = false;
  #nextLook = FIRST_LOOK;
  #file: WriteHandle | undefined;
  #path = "";
  #values: ReturnType<typeof valuesOf> = {};
  #datasetOffset = 0;

  constructor(store: Store, instance: IncomingInstance, association: Association) {
    this.#store = store;
    this.#instance = instance;
    this.#association = association;
  }

  write(chunk: Uint8Array): Promise<void> | void {
    this.#length += chunk.length;
    const isDue = this.#file === undefined && this.#length >= this.#nextLook;
    if (isDue || this.#filled + chunk.length > this.#block.length) return this.#take(chunk, isDue);
    this.#block.set(chunk, this.#filled);
    this.#filled += chunk.length;
  }

  async close(): Promise<void> {
    if (this.#file === undefined) await this.#look(true);
    await this.#flush();
    this.#free();
    const info = await this.#file!.commit();
    const { transferSyntaxUID } = this.#instance;
    const file = {
      path: this.#path,
      size: this.#datasetOffset + this.#length,
      mtime: info.mtime?.getTime(),
      datasetOffset: this.#datasetOffset,
    };
    this.#store.index.put([{ values: this.#values, transferSyntaxUID, file }], true);
  }

  async abort(): Promise<void> {
    this.#isOver = true;
    this.#free();
    await this.#file?.abort();
  }

  /** Adds a chunk for which room must be made, or with which it may be known what comes. */
  async #take(chunk: Uint8Array, isDue: boolean): Promise<void> {
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
    if (isDue && !this.#isOver) await this.#look(this.#length >= LAST_LOOK);
  }

  async #makeRoom(): Promise<void> {
    if (this.#file) return await this.#flush();
    const larger = new Uint8Array(2 * this.#block.length);
    larger.set(this.#block);
    this.#block = larger;
  }

  async #flush(): Promise<void> {
    const waiting = this.#block.subarray(0, this.#filled);
    this.#filled = 0;
    if (waiting.length > 0) await this.#file!.write(waiting);
  }

  #free(): void {
    if (this.#block.length === BLOCK && FREE.length < MOST_FREE) FREE.push(this.#block);
    this.#block = NOTHING;
  }

  /** Reads what has come; begins the file when that is enough, or when it must be. */
  async #look(isLast: boolean): Promise<void> {
    const head = this.#block.subarray(0, this.#filled);
    const { transferSyntaxUID } = this.#instance;
    const header = await readDicomHeader(head, { transferSyntaxUID, until: LAST_TAG });
    if (this.#isOver) return;
    if (!isLast && header.damage) {
      this.#nextLook = 2 * this.#length;
      return;
    }
    this.#values = this.#checked(header);
    const path = this.#store.index.pathOf(this.#instance.sopInstanceUID);
    this.#path = path ?? pathOf(this.#values).map(encodeSegment).join("/");
    const meta = this.#meta();
    this.#datasetOffset = meta.length;
    const file = await this.#store.folder.create(this.#path);
    if (this.#isOver) return await file.abort();
    this.#file = file;
    await file.write(meta);
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
