/**
 * What is left to do for files whose puts are of one batch.
 *
 * @module
 */

import { forEachBounded } from "../concurrency/pool.ts";
import { isVfsError, type VfsError } from "../errors.ts";
import { override } from "../layers/layer.ts";
import type { PutBatch, Transport } from "../transport.ts";

/** A file that the destination has, and has not kept yet. */
export interface Later {
  /** Settles once it is kept for good, or is not. */
  readonly kept: Promise<void>;
  /** What comes then. */
  readonly done: () => Promise<void>;
  /** Tells that it is not kept, or what `done` failed of; throws where that is the end of all. */
  readonly failed: (error: unknown) => void;
  /** Takes back what was counted, since it is put again. */
  readonly undo: () => void;
}

/** A file that was not kept, and may be when it is put again: others changed what it was to become a part of, or it failed for a moment. */
export interface Again {
  /** What is left to do for it. */
  readonly later: Later;
  /** Why it was not kept. */
  readonly reason: VfsError;
}

/** The puts of one pass over many files. */
export class Batch<T> implements PutBatch {
  /** Why something is to be put again, the last time. */
  reason: VfsError | undefined;
  readonly #end = Promise.withResolvers<void>();
  /** No more puts of it come. */
  readonly ended = this.#end.promise;
  readonly #concurrency: number;
  readonly #mayBePutAgain: (error: VfsError) => boolean;
  readonly #again: Map<T, Again>;
  /** Those of one archive are kept at once. */
  readonly #waiting = new Map<Promise<void>, (readonly [T, Later])[]>();
  readonly #settling: Promise<void>[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** What is to be put again goes into `again`. */
  constructor(
    concurrency: number,
    again: Map<T, Again>,
    mayBePutAgain: (error: VfsError) => boolean,
  ) {
    this.#concurrency = concurrency;
    this.#again = again;
    this.#mayBePutAgain = mayBePutAgain;
  }

  /** `target`, whose puts are of this batch where it has batches. */
  puttingTo(target: Transport): Transport {
    if (target.capabilities.batches === undefined) return target;
    return override(target, {
      put: (at, source, o) => target.put!(at, source, { ...o, batch: this }),
    });
  }

  /** Waits for what becomes of `item`, also after the end of all. @throws what was that */
  add(item: T, later: Later): void {
    const those = this.#waiting.get(later.kept) ?? [];
    those.push([item, later]);
    if (those.length === 1) {
      this.#waiting.set(later.kept, those);
      this.#settling.push(this.#settle(later.kept, those));
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** Tells that no more come, and waits until all have come to their end. @throws what was the end of all */
  async end(): Promise<void> {
    this.#end.resolve();
    await Promise.all(this.#settling);
    if (this.#failure) throw this.#failure.error;
  }

  async #settle(kept: Promise<void>, those: readonly (readonly [T, Later])[]): Promise<void> {
    const reason = await kept.then(() => undefined, (error: unknown) => this.#passing(error));
    this.#waiting.delete(kept);
    await forEachBounded(those, this.#concurrency, async ([item, later]) => {
      if (reason) {
        this.#again.set(item, { later, reason });
        return;
      }
      try {
        await kept;
        await later.done();
      } catch (error) {
        this.#fail(later, error);
      }
    });
  }

  /** Each is told, also when the first was the end of all. */
  #fail(later: Later, reason: unknown): void {
    try {
      later.failed(reason);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  /** `error`, if what was not kept is put again. */
  #passing(error: unknown): VfsError | undefined {
    if (!isVfsError(error)) return undefined;
    if (error.kind !== "ConditionFailed" && error.status !== "temporary") return undefined;
    if (!this.#mayBePutAgain(error)) return undefined;
    return this.reason = error;
  }
}
