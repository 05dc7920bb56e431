/**
 * Goes on with a body that was cut.
 *
 * @module
 */

import { type ChunkReader, readerOf } from "../bytes.ts";
import { VfsError } from "../errors.ts";
import type { Location } from "../location.ts";
import type { GetOptions, Got, Transport } from "../transport.ts";

/** Waits before the next try after `failed` failures in a row, or throws the error. */
export type BackOff = (
  error: unknown,
  failed: number,
  signal: AbortSignal,
) => Promise<void>;

const MAX_RESUMES = 20;

/**
 * A reader that gets the rest of the object when reading fails for a moment. It does so only where the bytes
 * are sure to be the same: from the very start, or at an offset under the same etag.
 */
export class ResumingReader implements ChunkReader {
  #reader: ChunkReader;
  #delivered = 0;
  #failedInARow = 0;
  #resumes = 0;

  constructor(
    readonly inner: Transport,
    readonly at: Location,
    readonly options: GetOptions,
    readonly first: Got,
    readonly backOff: BackOff,
  ) {
    this.#reader = readerOf(first.body);
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (true) {
      try {
        const chunk = await this.#reader.read();
        this.#delivered += chunk?.length ?? 0;
        this.#failedInARow = 0;
        return chunk;
      } catch (error) {
        await this.#reader.close(error);
        await this.#resume(error);
      }
    }
  }

  close(reason?: unknown): Promise<void> {
    return this.#reader.close(reason);
  }

  async #resume(cause: unknown): Promise<void> {
    let error = cause;
    while (true) {
      if (!this.#canResume() || ++this.#resumes > MAX_RESUMES) throw error;
      await this.backOff(error, ++this.#failedInARow, this.options.signal);
      try {
        this.#reader = await this.#reopen();
        return;
      } catch (next) {
        error = next;
      }
    }
  }

  #canResume(): boolean {
    if (this.#delivered === 0) return true;
    return this.first.info.etag !== undefined &&
      this.inner.capabilities.etag && this.inner.capabilities.range;
  }

  async #reopen(): Promise<ChunkReader> {
    const { info, offset, length } = this.first;
    const start = offset + this.#delivered;
    const end = length === undefined ? undefined : offset + length;
    const got = await this.inner.get(
      this.at,
      this.#delivered === 0 ? this.options : {
        signal: this.options.signal,
        range: { start, end },
        ifMatch: info.etag,
      },
    );
    const same = got.offset === start && got.info.etag === info.etag &&
      got.info.size === info.size;
    const reader = readerOf(got.body);
    if (same) return reader;
    await reader.close();
    throw new VfsError("ConditionFailed", {
      op: "read",
      url: this.at.href,
      reason: "it changed while it was read",
    });
  }
}
