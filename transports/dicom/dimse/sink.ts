/**
 * Where datasets go as they arrive.
 *
 * @module
 */

/** Where the bytes of a dataset go as they arrive. */
export interface DatasetSink {
  /** Takes a chunk, which is valid until this settles; reading from the peer waits for it. */
  write(chunk: Uint8Array): Promise<void> | void;
  /** The dataset is complete. */
  close(): Promise<void> | void;
  /** The dataset will not be completed: what was written is of no use. */
  abort(reason: unknown): Promise<void> | void;
}

/** A dataset on its way to a sink. */
export interface IncomingDataset extends DatasetSink {
  /** All of it is here, and what is left of it is written next. */
  received?(): void;
}

/** Longest identifier that is kept, in bytes. */
export const MAX_IDENTIFIER_LENGTH: number = 1 << 20;

/** Keeps a dataset in memory; one above `limit` bytes is dropped, and `bytes` is undefined then. */
export class MemorySink implements DatasetSink {
  readonly #chunks: Uint8Array[] = [];
  readonly #limit: number;
  readonly #onClose: (bytes: Uint8Array<ArrayBuffer> | undefined) => Promise<void> | void;
  #length = 0;

  /** Calls `onClose` with the complete dataset. */
  constructor(
    onClose: (bytes: Uint8Array<ArrayBuffer> | undefined) => Promise<void> | void,
    limit: number = MAX_IDENTIFIER_LENGTH,
  ) {
    this.#onClose = onClose;
    this.#limit = limit;
  }

  /** Copies a chunk. */
  write(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length > this.#limit) this.#chunks.length = 0;
    else this.#chunks.push(chunk.slice());
  }

  /** Hands the dataset over. */
  close(): Promise<void> | void {
    if (this.#length > this.#limit) return this.#onClose(undefined);
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return this.#onClose(bytes);
  }

  /** Drops what there is. */
  abort(): void {
    this.#chunks.length = 0;
  }
}

/** Takes a dataset that nobody wants. */
export const NOWHERE: DatasetSink = { write: () => {}, close: () => {}, abort: () => {} };

/** Runs `action`, and `onError` when it fails; gives a promise only where one of them does. */
export function attempt(
  action: () => Promise<void> | void,
  onError: (error: unknown) => Promise<void> | void,
): Promise<void> | void {
  try {
    return action()?.catch(onError);
  } catch (error) {
    return onError(error);
  }
}

/** When a peer is told that we have an instance: when all its bytes have come, or when its sink is done. */
export type AnswerWhen = "received" | "stored";

/**
 * Passes a dataset on to a sink that may fail: the rest is dropped then, so that the peer can be told by a
 * status. `answer` gets the error, if there is one by then.
 */
export function answeredSink(
  sink: DatasetSink,
  when: AnswerWhen,
  answer: (error: unknown) => Promise<void>,
): IncomingDataset {
  let failure: unknown;
  let isFailed = false;
  let answered: Promise<void> | undefined;
  const fail = (error: unknown) => {
    isFailed = true;
    failure = error;
    return sink.abort(error);
  };
  return {
    write: (chunk) => isFailed ? undefined : attempt(() => sink.write(chunk), fail),
    received: when === "received"
      ? () => {
        answered = answer(failure);
        // Awaited at the end, if that comes.
        answered.catch(() => {});
      }
      : undefined,
    async close() {
      if (!isFailed) await attempt(() => sink.close(), fail);
      await (answered ?? answer(failure));
    },
    abort: (reason) => isFailed ? undefined : fail(reason),
  };
}
