/**
 * An instance that is there already, when it comes again.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Bytes, type ChunkReader, readerOf } from "../../vfs/bytes/bytes.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import { isVfsError } from "../../vfs/errors.ts";
import { failure } from "./failure.ts";
import type { Folder } from "./folder.ts";
import type { InstanceRecord } from "./record.ts";
import { recordOf } from "./scan.ts";

/** The instance in a file, as it is now; undefined when the file has gone, or has become another. */
export async function existing(
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
export class Comparison {
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
    { transferSyntaxUID, file: { path, datasetOffset = 0, size } }: InstanceRecord,
    coming: { readonly transferSyntaxUID: string; readonly length?: number },
    url: string,
  ): Promise<Comparison> {
    const dataset = folder.dataset(path, datasetOffset, size, NEVER);
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
