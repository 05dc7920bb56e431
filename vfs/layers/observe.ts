/**
 * Tells an observer what goes on: for logs, metrics and tests that count requests.
 *
 * @module
 */

import { type Clock, steadyClock, systemClock } from "../concurrency/clock.ts";
import { isVfsError, type VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import type { Bytes } from "../bytes/bytes.ts";
import { type Layer, override } from "./layer.ts";

/** One operation that ended: with all its retries, and its body or pages. */
export interface OperationEvent {
  /** The operation: `stat`, `list`, `read`, `write`… */
  readonly op: string;
  /** The URL, without credentials. */
  readonly url: string;
  /** Milliseconds from call to end. */
  readonly durationMs: number;
  /** Bytes read or stored. */
  readonly bytes?: number;
  /** Entries listed, or files imported. */
  readonly entries?: number;
  /** The error that it ended with. */
  readonly error?: VfsError;
}

/** Gets every {@linkcode OperationEvent}. What it throws is the caller's to see. */
export type Observer = (event: OperationEvent) => void;

/** Makes the layer. */
export function observe(
  observer: Observer,
  given: Clock = systemClock,
): Layer {
  const clock = steadyClock(given);
  const begin = (op: string, at: Location) => {
    const start = clock.now();
    let ended = false;
    return (outcome: Partial<OperationEvent> = {}) => {
      if (ended) return;
      ended = true;
      const durationMs = clock.now() - start;
      observer({ op, url: at.href, durationMs, ...outcome });
    };
  };

  async function once<T>(
    op: string,
    at: Location,
    action: () => Promise<T>,
    outcome?: (value: T) => Partial<OperationEvent>,
  ): Promise<T> {
    const end = begin(op, at);
    try {
      const value = await action();
      end(outcome?.(value));
      return value;
    } catch (error) {
      end(failed(error));
      throw error;
    }
  }

  async function* pages<T>(
    op: string,
    at: Location,
    iterable: AsyncIterable<T>,
    count: (page: T) => number,
  ): AsyncGenerator<T> {
    const end = begin(op, at);
    let entries = 0;
    try {
      for await (const page of iterable) {
        entries += count(page);
        yield page;
      }
    } catch (error) {
      end({ entries, ...failed(error) });
      throw error;
    } finally {
      end({ entries });
    }
  }

  const keepings = new Keepings();
  return (inner) =>
    override(inner, {
      stat: (at, o) => once("stat", at, () => inner.stat(at, o)),
      findMissing: (all, o) => once("stat", all[0]!, () => inner.findMissing!(all, o)),
      checkRemoval: (at, o) => once("stat", at, () => inner.checkRemoval!(at, o)),
      list: (at, o) => pages("list", at, inner.list(at, o), (p) => p.length),
      tree: (at, o) => pages("tree", at, inner.tree!(at, o), (step) => step.entries.length),
      async get(at, o) {
        const end = begin("read", at);
        try {
          const got = await inner.get(at, o);
          return { ...got, body: watched(got.body, end) };
        } catch (error) {
          end(failed(error));
          throw error;
        }
      },
      // Each file is told like one that is read alone; what is not given will be.
      async *getMany(locations, o) {
        let start = clock.now();
        for await (const page of inner.getMany!(locations, o)) {
          const durationMs = clock.now() - start;
          for (const { location: { href }, got: { body } } of page) {
            observer({ op: "read", url: href, durationMs, bytes: body.length });
          }
          yield page;
          start = clock.now();
        }
      },
      async put(at, source, o) {
        const end = begin("write", at);
        try {
          const stored = await inner.put!(at, source, o);
          const { size: bytes, kept } = stored;
          if (kept) {
            const telling = kept.then(() => end({ bytes }), (error) => end(failed(error)));
            return { ...stored, kept: keepings.told(kept, telling) };
          }
          end({ bytes });
          return stored;
        } catch (error) {
          end(failed(error));
          throw error;
        }
      },
      async *putMany(files, o) {
        const start = clock.now();
        const left = new Map(files.map(({ location, source }) => [location, source.size]));
        const tell = (at: Location, outcome: Partial<OperationEvent>) => {
          left.delete(at);
          observer({ op: "write", url: at.href, durationMs: clock.now() - start, ...outcome });
        };
        try {
          for await (const page of inner.putMany!(files, o)) {
            for (const outcome of page) {
              const { location } = outcome;
              tell(location, "error" in outcome ? outcome : { bytes: left.get(location) });
            }
            yield page;
          }
        } catch (error) {
          for (const location of left.keys()) tell(location, failed(error));
          throw error;
        }
      },
      importFiles: (at, files, o) =>
        once("import", at, () => inner.importFiles!(at, files, o), () => {
          return { entries: files.length };
        }),
      remove: (at, o) => once("remove", at, () => inner.remove!(at, o)),
      async removeMany(all, o) {
        const told = all.map((at) => [at, begin("remove", at)] as const);
        try {
          const left = await inner.removeMany!(all, o);
          for (const [at, end] of told) end(left.has(at) ? failed(left.get(at)) : {});
          return left;
        } catch (error) {
          for (const [, end] of told) end(failed(error));
          throw error;
        }
      },
      mkdir: (at, o) => once("mkdir", at, () => inner.mkdir!(at, o)),
      rename: (from, to, o) => once("rename", from, () => inner.rename!(from, to, o)),
      copy: (from, to, o) =>
        once("copy", from, () => inner.copy!(from, to, o), ({ size }) => ({ bytes: size })),
      describe: (at, o) => once("describe", at, () => inner.describe!(at, o)),
    });
}

/** What is kept together settles together, so that all of it has one promise. */
class Keepings {
  readonly #open = new WeakMap<Promise<void>, { tellings: Promise<void>[]; told: Promise<void> }>();

  /** `kept`, once each `telling` of it came to its end; rejects with what the observer threw, too. */
  told(kept: Promise<void>, telling: Promise<void>): Promise<void> {
    const these = this.#open.get(kept);
    if (these) {
      these.tellings.push(telling);
      return these.told;
    }
    const tellings = [telling];
    const told = kept.finally(async () => {
      this.#open.delete(kept);
      await Promise.all(tellings);
    });
    // Who waits for it is told; nobody need.
    told.catch(() => {});
    this.#open.set(kept, { tellings, told });
    return told;
  }
}

function failed(error: unknown): Partial<OperationEvent> {
  return isVfsError(error) ? { error } : {};
}

function watched(
  body: Bytes,
  end: (outcome: Partial<OperationEvent>) => void,
): Bytes {
  if (body instanceof Uint8Array) {
    end({ bytes: body.length });
    return body;
  }
  let bytes = 0;
  return {
    async read(into) {
      try {
        const chunk = await body.read(into);
        if (chunk === undefined) end({ bytes });
        else bytes += chunk.length;
        return chunk;
      } catch (error) {
        end({ bytes, ...failed(error) });
        throw error;
      }
    },
    close(reason) {
      end({ bytes });
      return body.close(reason);
    },
  };
}
