/**
 * Goes on with a body that was cut.
 *
 * @module
 */

import { type ChunkReader, readerOf } from "../bytes/bytes.ts";
import { isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { throwIfAborted } from "../concurrency/signals.ts";
import type { GetOptions, Got, Transport } from "../transport.ts";
import type { BackOff } from "./back_off.ts";

const MAX_RESUMES = 20;
/** Made once: without a reason, every abort makes an exception with a stack. */
const CLOSED = new Error("the body was closed");

/**
 * A reader that gets the rest of the object when reading fails for a moment. It does so only where the bytes
 * are sure to be the same: from the very start, or at an offset under the same etag.
 */
export class ResumingReader implements ChunkReader {
  #reader: ChunkReader;
  #delivered = 0;
  #failedInARow = 0;
  #resumes = 0;
  readonly #closed = new AbortController();

  constructor(
    readonly inner: Transport,
    readonly at: Location,
    readonly options: GetOptions,
    readonly first: Got,
    readonly backOff: BackOff,
  ) {
    this.#reader = readerOf(first.body);
  }

  async read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let memory = into;
    while (true) {
      try {
        const read = await this.#reader.read(memory);
        // Where the memory went with what broke, whoever gave it takes that of the chunk for it.
        const chunk = memory === into ? read : read?.slice();
        this.#delivered += chunk?.length ?? 0;
        this.#failedInARow = 0;
        this.backOff.answered();
        return chunk;
      } catch (error) {
        await this.#reader.close(error);
        if (this.#delivered === this.first.length) return undefined;
        await this.#resume(error);
        if (into?.buffer.detached) memory = undefined;
      }
    }
  }

  close(reason?: unknown): Promise<void> {
    this.#closed.abort(CLOSED);
    return this.#reader.close(reason);
  }

  async #resume(cause: unknown): Promise<void> {
    let error = cause;
    // Whoever closes the body while it is being resumed must not be left with another open one.
    const signal = AbortSignal.any([this.options.signal, this.#closed.signal]);
    while (true) {
      if (!this.#canResume()) throw error;
      if (++this.#resumes > MAX_RESUMES) {
        throw isVfsError(error) ? error.exhausted(MAX_RESUMES) : error;
      }
      await this.backOff.wait(error, ++this.#failedInARow, signal);
      try {
        this.#reader = await this.#reopen(signal);
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

  async #reopen(signal: AbortSignal): Promise<ChunkReader> {
    const { info, offset, length } = this.first;
    const start = offset + this.#delivered;
    const end = length === undefined ? undefined : offset + length;
    const got = await this.inner.get(
      this.at,
      this.#delivered === 0 ? { ...this.options, signal } : {
        signal,
        range: { start, end },
        ifMatch: info.etag,
      },
    );
    const same = got.offset === start && got.info.etag === info.etag &&
      got.info.size === info.size;
    const reader = readerOf(got.body);
    if (same && !signal.aborted) return reader;
    await reader.close();
    throwIfAborted(signal, "read", this.at.href);
    throw new VfsError("ConditionFailed", {
      op: "read",
      url: this.at.href,
      reason: "it changed while it was read",
    });
  }
}
