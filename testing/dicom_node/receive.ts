import { type DicomHeader, encodeFileMeta, readDicomHeader } from "../../formats/mod.ts";
import {
  type Association,
  type DatasetSink,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  type IncomingInstance,
  NOWHERE,
} from "../../transports/dicom/dimse/mod.ts";
import { concat } from "../../vfs/bytes.ts";
import type { WriteHandle } from "../../vfs/handles.ts";
import { encodeSegment } from "../../vfs/url_syntax.ts";
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
const BLOCK = 256 * 1024;

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
  /** What has come since the last look, or the last block. */
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingLength = 0;
  #length = 0;
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

  async write(chunk: Uint8Array): Promise<void> {
    this.#waiting.push(chunk.slice());
    this.#waitingLength += chunk.length;
    this.#length += chunk.length;
    if (this.#file === undefined) {
      if (this.#length >= this.#nextLook) await this.#look(this.#length >= LAST_LOOK);
    } else if (this.#waitingLength >= BLOCK) await this.#file.write(this.#taken());
  }

  async close(): Promise<void> {
    if (this.#file === undefined) await this.#look(true);
    if (this.#waitingLength > 0) await this.#file!.write(this.#taken());
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
    this.#waiting = [];
    await this.#file?.abort();
  }

  /** All that waits, in one piece. */
  #taken(): Uint8Array<ArrayBuffer> {
    const bytes = concat(this.#waiting, this.#waitingLength);
    this.#waiting = [];
    this.#waitingLength = 0;
    return bytes;
  }

  /** Reads what has come; begins the file when that is enough, or when it must be. */
  async #look(isLast: boolean): Promise<void> {
    const head = this.#taken();
    this.#waiting = [head];
    this.#waitingLength = head.length;
    const { transferSyntaxUID } = this.#instance;
    const header = await readDicomHeader(head, { transferSyntaxUID, until: LAST_TAG });
    if (!isLast && header.damage) {
      this.#nextLook = 2 * this.#length;
      return;
    }
    this.#values = this.#checked(header);
    const path = this.#store.index.pathOf(this.#instance.sopInstanceUID);
    this.#path = path ?? pathOf(this.#values).map(encodeSegment).join("/");
    const meta = this.#meta();
    this.#datasetOffset = meta.length;
    this.#file = await this.#store.folder.create(this.#path);
    await this.#file.write(meta);
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
