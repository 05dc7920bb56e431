/**
 * An instance that is there already, when it comes again.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Bytes, type ChunkReader, readerOf } from "../../vfs/bytes/bytes.ts";
import type { IncomingInstance } from "../../transports/dicom/dimse/mod.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { isVfsError } from "../../vfs/errors.ts";
import type { WriteHandle } from "../../vfs/handles.ts";
import type { Info } from "../../vfs/transport.ts";
import { failure } from "./failure.ts";
import type { Folder } from "./folder.ts";
import type { InstanceRecord } from "./record.ts";
import { recordOf } from "./scan.ts";
import type { Store } from "./store.ts";

/** What takes the bytes of an instance: a new file, or a look at one that is there. */
export type Target = Pick<WriteHandle, "write" | "abort"> & { commit(): Promise<Info | void> };

/** A file that is there. */
export interface Existing {
  /** What the file is. */
  readonly record: InstanceRecord;
  /** Takes what comes, and stores nothing. */
  readonly target: Target;
  /** Whether what comes is not even compared with it. */
  readonly isKept: boolean;
}

const NOTHING_TO_DO: Target = {
  write: async () => {},
  commit: async () => {},
  abort: async () => {},
};

/**
 * A look at the file at `path`, for an instance that comes over the association at `url`; undefined when that is to be
 * replaced, or is not this instance any more.
 *
 * @throws `ServiceFailed` with 0111H where another dataset is there, as far as that can be told by now
 */
export async function lookAt(
  { folder, duplicates }: Store,
  { sopInstanceUID, transferSyntaxUID }: IncomingInstance,
  path: string | undefined,
  length: number | undefined,
  url: string,
): Promise<Existing | undefined> {
  if (path === undefined || duplicates === "replace") return;
  const record = await existing(folder, path, sopInstanceUID);
  if (!record) return;
  if (duplicates === "keep") return { record, target: NOTHING_TO_DO, isKept: true };
  const target = await Comparison.open(folder, record, { transferSyntaxUID, length }, url);
  return { record, target, isKept: false };
}

/** The instance in a file, as it is now; undefined when the file has gone, or has become another. */
async function existing(
  folder: Folder,
  path: string,
  sopInstanceUID: string,
): Promise<InstanceRecord | undefined> {
  try {
    const record = await recordOf(folder, await folder.stat(path), NEVER);
    return record?.values.SOPInstanceUID === sopInstanceUID ? record : undefined;
  } catch (error) {
    if (isVfsError(error) && error.kind === "NotFound") return;
    throw error;
  }
}

/** Takes what an existing file should have already, and stores nothing. */
class Comparison implements Target {
  readonly #reader: ChunkReader;
  readonly #url: string;
  #rest: Uint8Array = new Uint8Array(0);

  private constructor(dataset: Bytes, url: string) {
    this.#reader = readerOf(dataset);
    this.#url = url;
  }

  /**
   * Reads the dataset of `record` along with what comes, for the association at `url`.
   *
   * @throws `ServiceFailed` with 0111H where it is in another transfer syntax, or has not `length` bytes
   */
  static async open(
    folder: Folder,
    { transferSyntaxUID, values: { SOPInstanceUID = "" }, file }: InstanceRecord,
    coming: { readonly transferSyntaxUID: string; readonly length?: number },
    url: string,
  ): Promise<Comparison> {
    const { datasetOffset = 0 } = file;
    const there = { ...file, datasetOffset, transferSyntaxUID, sopInstanceUID: SOPInstanceUID };
    const dataset = folder.dataset(there, NEVER);
    const isLong = coming.length !== undefined && dataset.size !== undefined;
    if (transferSyntaxUID !== coming.transferSyntaxUID) throw differs(url);
    if (isLong && dataset.size !== coming.length) throw differs(url);
    return new Comparison(await dataset.open(), url);
  }

  /** @throws `ServiceFailed` with 0111H where it differs from what is there */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const there = await this.#next();
      const length = Math.min(there.length, bytes.length - at);
      if (
        length === 0 ||
        Buffer.compare(there.subarray(0, length), bytes.subarray(at, at + length)) !== 0
      ) {
        throw differs(this.#url);
      }
      this.#rest = there.subarray(length);
      at += length;
    }
  }

  /** @throws `ServiceFailed` with 0111H where more is there */
  async commit(): Promise<void> {
    if ((await this.#next()).length > 0) throw differs(this.#url);
    await this.#reader.close();
  }

  /** Ends reading. */
  async abort(): Promise<void> {
    await this.#reader.close();
  }

  /** What is there and not compared yet; empty at its end. */
  async #next(): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const chunk = await this.#reader.read();
      if (!chunk) break;
      this.#rest = chunk;
    }
    return this.#rest;
  }
}

/** The failure of an instance whose UID something else has. */
function differs(url: string): Error {
  return failure("C-STORE", 0x0111, url, "something else with its SOP Instance UID is there");
}
