/**
 * Bounds how many operations are in flight.
 *
 * @module
 */

import type { Source } from "../bytes/bytes.ts";
import type { Location } from "../location/location.ts";
import { Semaphore } from "../concurrency/semaphore.ts";
import type { CallOptions, PutOptions, Stored, Transport } from "../transport.ts";
import { type Layer, override } from "./layer.ts";

/** Options of {@linkcode limit}. */
export interface LimitOptions {
  /**
   * Operations at once, of reading and of writing each.
   *
   * @default the driver's `maxConcurrency`
   */
  readonly concurrency?: number;
}

/**
 * Makes the layer. A permit is held while the driver is at work, not while the caller is: between the pages
 * of a listing and the chunks of a body it is free; storing many files holds one to its end. Writing has permits
 * of its own, since a write waits for the read that it stores; so no set of callers can wait for each other. A write of a stream or of an open
 * handle, whose pace is the caller's, gives its permit back while it waits for the next bytes, unless the driver has
 * puts wait for each other (`batches`).
 */
export function limit(options: LimitOptions = {}): Layer {
  return (inner) => {
    const permits = options.concurrency ?? inner.capabilities.maxConcurrency;
    const reads = new Semaphore(permits);
    const writes = new Semaphore(permits);
    const holding = <T>(
      semaphore: Semaphore,
      at: Location,
      { signal }: CallOptions,
      action: () => Promise<T>,
    ) => semaphore.run(action, signal, at.href);

    async function* pages<T>(
      at: Location,
      options: CallOptions,
      iterable: AsyncIterable<T>,
    ): AsyncGenerator<T> {
      const iterator = iterable[Symbol.asyncIterator]();
      try {
        while (true) {
          const next = await holding(reads, at, options, () => iterator.next());
          if (next.done) return;
          yield next.value;
        }
      } finally {
        await iterator.return?.();
      }
    }

    async function putAtCallersPace(
      at: Location,
      source: Source,
      options: PutOptions,
    ): Promise<Stored> {
      const { signal } = options;
      let isDone = false;
      let release = await writes.acquire(signal, at.href);

      async function without<T>(action: () => Promise<T>): Promise<T> {
        release();
        try {
          return await action();
        } finally {
          release = await writes.acquire(signal, at.href);
          if (isDone) release();
        }
      }

      const paced: Source = {
        ...source,
        async open() {
          const bytes = await source.open();
          if (bytes instanceof Uint8Array) return bytes;
          return {
            read: (into) => without(() => bytes.read(into)),
            close: (reason) => bytes.close(reason),
          };
        },
      };
      try {
        return await inner.put!(at, paced, options);
      } finally {
        isDone = true;
        release();
      }
    }

    const reading =
      <O extends CallOptions, T>(action: (at: Location, o: O) => Promise<T>) =>
      (at: Location, o: O) => holding(reads, at, o, () => action(at, o));

    return override(
      inner,
      {
        stat: reading((at, o) => inner.stat(at, o)),
        findMissing: (all, o) => holding(reads, all[0]!, o, () => inner.findMissing!(all, o)),
        checkRemoval: reading((at, o) => inner.checkRemoval!(at, o)),
        describe: reading((at, o) => inner.describe!(at, o)),
        list: (at, o) => pages(at, o, inner.list(at, o)),
        tree: (at, o) => pages(at, o, inner.tree!(at, o)),
        async get(at, o) {
          const got = await holding(reads, at, o, () => inner.get(at, o));
          const { body } = got;
          if (body instanceof Uint8Array) return got;
          return {
            ...got,
            body: {
              read: (into) => holding(reads, at, o, () => body.read(into)),
              close: (reason) => body.close(reason),
            },
          };
        },
        async *getMany(locations, o) {
          const [first] = locations;
          if (first) yield* pages(first, o, inner.getMany!(locations, o));
        },
        // Puts that wait for each other hold permits meanwhile: one that gave its own back could not get it again.
        put: (at, source, o) =>
          source.replayable || inner.capabilities.batches !== undefined
            ? holding(writes, at, o, () => inner.put!(at, source, o))
            : putAtCallersPace(at, source, o),
        async *putMany(files, o) {
          const [first] = files;
          if (!first) return;
          // For all of it, since what is stored is told also after an abort, when no permit is to be had.
          const release = await writes.acquire(o.signal, first.location.href);
          try {
            yield* inner.putMany!(files, o);
          } finally {
            release();
          }
        },
        importFiles: (at, files, o) =>
          holding(writes, at, o, () => inner.importFiles!(at, files, o)),
        remove: (at, o) => holding(writes, at, o, () => inner.remove!(at, o)),
        removeMany: (all, o) => holding(writes, all[0]!, o, () => inner.removeMany!(all, o)),
        mkdir: (at, o) => holding(writes, at, o, () => inner.mkdir!(at, o)),
        // Renames that are stored together have to come together.
        rename: (from, to, o) =>
          inner.capabilities.batches === undefined
            ? holding(writes, from, o, () => inner.rename!(from, to, o))
            : inner.rename!(from, to, o),
        copy: (from, to, o) => holding(writes, from, o, () => inner.copy!(from, to, o)),
      } satisfies Partial<Transport>,
    );
  };
}
