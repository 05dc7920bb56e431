/**
 * Bounds every wait: a driver that hangs becomes `TimedOut`, and an abort settles at once.
 *
 * @module
 */

import type { Bytes, ChunkReader, Source } from "../bytes/bytes.ts";
import type { Clock } from "../concurrency/clock.ts";
import { coalescedClock, commonClock } from "../concurrency/coalesced_clock.ts";
import { isVfsError, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import type { CallOptions, ContentCheck, GetOptions, Got } from "../transport.ts";
import { type Layer, override } from "./layer.ts";
import { Watch } from "./watch.ts";

/** An importer files what it got before it answers, and shows no progress meanwhile. */
const IMPORTER_PATIENCE = 10;

/** Options of {@linkcode timeout}. */
export interface TimeoutOptions {
  /**
   * Longest wait for an answer without progress: for an operation's result, the next page of a listing, the
   * next chunk of a body or, in a put, since the last chunk was pulled. Milliseconds. A put of bytes in
   * memory, which shows no progress, gets the time that they need at 50 kB/s on top, and an import ten times as
   * long.
   *
   * @default {60000}
   */
  readonly idleMs?: number;
  /** Time. */
  readonly clock?: Clock;
}

/**
 * Makes the layer. A wait that lasts longer than `idleMs` aborts the driver's operation and fails as
 * `TimedOut`, which is temporary. Copies within a transport are bounded by abort only, since their
 * duration depends on the size and nothing tells progress.
 */
export function timeout(options: TimeoutOptions = {}): Layer {
  const { idleMs = 60_000 } = options;
  const clock = options.clock ? coalescedClock(options.clock) : commonClock;
  return (inner) => {
    // Who stores all that is there with each change does so through this process, with time limits of its own.
    const changeMs = inner.capabilities.batches === undefined ? idleMs : Infinity;
    const watch = (op: string, at: Location, signal: AbortSignal, ms = idleMs) =>
      new Watch(op, at, signal, ms, clock);

    async function once<T>(
      op: string,
      at: Location,
      { signal }: CallOptions,
      action: (signal: AbortSignal, dog: Watch) => Promise<T>,
      ms = idleMs,
    ): Promise<T> {
      const dog = watch(op, at, signal, ms);
      try {
        return await dog.wait(action(dog.signal, dog));
      } finally {
        dog.end();
      }
    }

    async function* pages<T>(
      op: string,
      at: Location,
      { signal }: CallOptions,
      open: (signal: AbortSignal, dog: Watch) => AsyncIterable<T>,
    ): AsyncGenerator<T> {
      const dog = watch(op, at, signal);
      const iterator = open(dog.signal, dog)[Symbol.asyncIterator]();
      let isComplete = false;
      try {
        while (true) {
          const next = await dog.wait(iterator.next());
          if (next.done) {
            isComplete = true;
            return;
          }
          dog.pause();
          yield next.value;
        }
      } finally {
        if (!isComplete) {
          dog.abort();
          await dog.settle(iterator.return?.());
        }
        dog.end();
      }
    }

    async function get(at: Location, options: GetOptions): Promise<Got> {
      const dog = watch("read", at, options.signal);
      let got: Got;
      try {
        got = await dog.wait(inner.get(at, { ...options, signal: dog.signal }), closeLate);
      } catch (error) {
        dog.end();
        throw error;
      }
      const { check } = got;
      if (check) {
        const failure: ContentCheck["failure"] = (difference, o) =>
          once("read", at, o, (signal) => check.failure(difference, { signal }));
        got = { ...got, check: { ...check, failure } };
      }
      if (got.body instanceof Uint8Array) {
        dog.end();
        return got;
      }
      dog.pause();
      return { ...got, body: watched(got.body, dog) };
    }

    return override(inner, {
      stat: (at, o) => once("stat", at, o, (signal) => inner.stat(at, { ...o, signal })),
      findMissing: (all, o) =>
        once("stat", all[0]!, o, (signal) => inner.findMissing!(all, { ...o, signal })),
      checkRemoval: (at, o) =>
        once("remove", at, o, (signal) => inner.checkRemoval!(at, { ...o, signal })),
      list: (at, o) => pages("list", at, o, (signal) => inner.list(at, { ...o, signal })),
      tree: (at, o) => pages("list", at, o, (signal) => inner.tree!(at, { ...o, signal })),
      get,
      async *getMany(locations, o) {
        const [first] = locations;
        const open = (signal: AbortSignal) => inner.getMany!(locations, { ...o, signal });
        if (first) yield* pages("read", first, o, open);
      },
      put: (at, source, o) =>
        once("write", at, o, (signal, dog) => {
          return inner.put!(at, progressing(source, dog), { ...o, signal });
        }, changeMs),
      async *putMany(files, o) {
        const [first] = files;
        if (!first) return;
        yield* pages("write", first.location, o, (signal, dog) => {
          const watched = files.map((file) => ({ ...file, source: progressing(file.source, dog) }));
          return inner.putMany!(watched, { ...o, signal });
        });
      },
      importFiles: (at, files, o) =>
        once("import into", at, o, (signal, dog) => {
          const sources = files.map((file) => ({ ...progressing(file, dog), name: file.name }));
          return inner.importFiles!(at, sources, { ...o, signal });
        }, IMPORTER_PATIENCE * idleMs).catch((error) => {
          throw isVfsError(error) && error.kind === "TimedOut" ? unsure(error) : error;
        }),
      remove: (at, o) =>
        once("remove", at, o, (signal) => inner.remove!(at, { ...o, signal }), changeMs),
      removeMany: (all, o) =>
        once("remove", all[0]!, o, (signal) => inner.removeMany!(all, { ...o, signal }), Infinity),
      mkdir: (at, o) => once("mkdir", at, o, (signal) => inner.mkdir!(at, { ...o, signal })),
      rename: (from, to, o) =>
        once("rename", from, o, (signal) => inner.rename!(from, to, { ...o, signal }), Infinity),
      copy: (from, to, o) =>
        once("copy", from, o, (signal) => inner.copy!(from, to, { ...o, signal }), Infinity),
      describe: (at, o) =>
        once("describe", at, o, (signal) => inner.describe!(at, { ...o, signal })),
    });
  };
}

/** An importer that took too long may come to its end all the same, so that nobody should begin another. */
function unsure({ kind, op, url, cause }: VfsError): VfsError {
  const reason = "it takes too long, and may still come to its end: look before you import again";
  return new VfsError(kind, { op, url, reason, status: "permanent", cause });
}

function closeLate(got: Got): void {
  if (!(got.body instanceof Uint8Array)) got.body.close().catch(() => {});
}

function watched(reader: ChunkReader, dog: Watch): ChunkReader {
  return {
    async read(into) {
      try {
        const chunk = await dog.wait(reader.read(into));
        if (chunk === undefined) dog.end();
        else dog.pause();
        return chunk;
      } catch (error) {
        dog.end();
        await dog.settle(reader.close(error));
        throw error;
      }
    },
    async close(reason) {
      dog.end();
      await dog.settle(reader.close(reason));
    },
  };
}

/** Counts every pull as progress, and stops the time while the source itself is waited for. */
function progressing<S extends Source>(source: S, dog: Watch): S {
  const pulled = (bytes: Bytes): Bytes => {
    if (bytes instanceof Uint8Array) {
      dog.extend(bytes.length);
      return bytes;
    }
    return {
      read: (into) => dog.without(() => bytes.read(into)),
      close: (reason) => bytes.close(reason),
    };
  };
  return {
    ...source,
    open() {
      const opening = source.open();
      return opening instanceof Uint8Array
        ? pulled(opening)
        : dog.without(async () => pulled(await opening));
    },
  };
}
