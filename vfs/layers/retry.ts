/**
 * Tries again what failed for a moment, and resumes cut reads.
 *
 * @module
 */

import { isNotFound, isVfsError, type VfsError } from "../errors.ts";
import { collect, type Source } from "../bytes/bytes.ts";
import type { Location } from "../location/location.ts";
import type {
  CallOptions,
  FileToPut,
  GetOptions,
  Got,
  ListedEntry,
  ListOptions,
  PutOptions,
  PutOutcome,
  Stored,
  TreeStep,
} from "../transport.ts";
import { abortedAfter } from "../concurrency/signals.ts";
import { BackOff, type RetryOptions } from "./back_off.ts";
import { type Layer, override } from "./layer.ts";
import { ResumingReader } from "./resume.ts";
import { verifying } from "./verify.ts";

const MAX_REMEMBERED_NAMES = 10_000;

/**
 * Makes the layer. It retries `temporary` errors of operations that can be repeated without harm:
 *
 * - `stat`, `findMissing`, `checkRemoval`, `get`, `describe`, `mkdir`, `remove` and `removeMany` with their usual
 *   outcome;
 * - `list`, which then leaves out the names it gave already, as long as those are at most 10,000;
 * - `put` of a replayable source: with mode `replace`, with `ifMatch` as long as that version is there; with `create` as
 *   long as nothing is there; with `append` never;
 * - `putMany`, with the files that failed so, or that were not told of when it broke off; those with mode `create` as
 *   `put` does;
 * - `importFiles` of replayable files, whose driver tells what was not begun; `copy` with `overwrite`; `tree` before its
 *   first step; `rename` never.
 *
 * A body that is cut is resumed at the byte where it broke, when the etag is still the same; one that is wanted
 * whole starts over where that cannot be. Where the driver asks for it, what came is compared as a whole.
 * Waits are jittered, doubled, bounded, and at least what the peer asked for. The last error is `exhausted`. Once a peer
 * answered nobody for seconds, operations are tried once each until it does: see `breaker.ts`.
 */
export function retry(options: RetryOptions = {}): Layer {
  return (inner) => {
    const backOff = new BackOff(options);

    async function persist<T>(
      { signal }: CallOptions,
      action: (attempt: number) => Promise<T>,
    ): Promise<T> {
      let failure: unknown;
      for (let attempt = 1;; attempt++) {
        try {
          const result = await action(attempt);
          backOff.answered();
          return result;
        } catch (error) {
          if (signal.aborted && isVfsError(failure)) throw abortedAfter(failure, error);
          failure = error;
          await backOff.wait(error, attempt, signal);
        }
      }
    }

    async function get(at: Location, o: GetOptions): Promise<Got> {
      if (o.whole) {
        return await persist(o, async () => {
          const got = await resuming(await inner.get(at, o), at, o);
          return { ...got, body: await collect(got.body) };
        });
      }
      return await resuming(await persist(o, () => inner.get(at, o)), at, o);
    }

    async function resuming(got: Got, at: Location, o: GetOptions): Promise<Got> {
      if (got.body instanceof Uint8Array) return await verifying(got, at, o);
      const body = new ResumingReader(inner, at, o, got, backOff);
      return await verifying({ ...got, body }, at, o);
    }

    async function* list(
      at: Location,
      o: ListOptions,
    ): AsyncGenerator<readonly ListedEntry[]> {
      const given: (readonly ListedEntry[])[] = [];
      let count = 0;
      for (let attempt = 1;; attempt++) {
        const known = new Set(given.flat().map(({ name }) => name));
        try {
          for await (const page of inner.list(at, o)) {
            const fresh = known.size === 0 ? page : page.filter(({ name }) => !known.has(name));
            count += fresh.length;
            if (count <= MAX_REMEMBERED_NAMES) given.push(fresh);
            if (fresh.length > 0) yield fresh;
          }
          backOff.answered();
          return;
        } catch (error) {
          if (count > MAX_REMEMBERED_NAMES) throw error;
          await backOff.wait(error, attempt, o.signal);
        }
      }
    }

    async function* tree(at: Location, o: ListOptions): AsyncGenerator<TreeStep> {
      for (let attempt = 1;; attempt++) {
        let isBegun = false;
        try {
          for await (const step of inner.tree!(at, o)) {
            isBegun = true;
            yield step;
          }
          backOff.answered();
          return;
        } catch (error) {
          if (isBegun) throw error;
          await backOff.wait(error, attempt, o.signal);
        }
      }
    }

    /** After a failure that left something else there, nobody can tell whose it is: the failure is the answer. */
    async function putOnto(at: Location, source: Source, o: PutOptions): Promise<Stored> {
      return await persist(o, async () => {
        try {
          return await inner.put!(at, source, o);
        } catch (error) {
          if (!isVfsError(error) || error.status !== "temporary") throw error;
          if (await isAsItWas(at, o)) throw error;
          throw error.exhausted(1);
        }
      });
    }

    async function isAsItWas(at: Location, { signal, ifMatch }: PutOptions): Promise<boolean> {
      try {
        const { etag } = await inner.stat(at, { signal });
        return ifMatch !== undefined && etag === ifMatch;
      } catch (error) {
        return ifMatch === undefined && isNotFound(error);
      }
    }

    function put(at: Location, source: Source, o: PutOptions): Promise<Stored> {
      if (!source.replayable || o.mode === "append") return inner.put!(at, source, o);
      const isCondition = o.mode === "create" && inner.capabilities.exclusive;
      if (isCondition || o.ifMatch !== undefined) return putOnto(at, source, o);
      return persist(o, () => inner.put!(at, source, o));
    }

    async function* putMany(
      files: readonly FileToPut[],
      o: CallOptions,
    ): AsyncGenerator<readonly PutOutcome[]> {
      const left = new Map(files.map((file) => [file.location, file]));
      for (let attempt = 1;; attempt++) {
        const failures = new Map<Location, VfsError>();
        try {
          for await (const page of inner.putMany!([...left.values()], o)) {
            const told = page.filter((outcome) => {
              const { location } = outcome;
              if ("error" in outcome) backOff.failed(outcome.error);
              else backOff.answered();
              const isOver = !("error" in outcome) || outcome.error.status !== "temporary";
              if (isOver) left.delete(location);
              else failures.set(location, outcome.error);
              return isOver;
            });
            if (told.length > 0) yield told;
          }
          for (const location of await taken([...failures.keys()])) {
            yield [{ location, error: failures.get(location)!.exhausted(1) }];
            failures.delete(location);
            left.delete(location);
          }
          const [failure] = failures.values();
          if (failure === undefined) return;
          if (backOff.isOver(failure, attempt)) {
            yield [...failures].map(([location, error]) => {
              return { location, error: error.exhausted(attempt) };
            });
            return;
          }
          // The caller stores alone what was not told of.
          for (const location of left.keys()) if (!failures.has(location)) left.delete(location);
          await backOff.pause(failure, attempt, o.signal);
        } catch (error) {
          if (isVfsError(error) && error.status === "temporary") {
            for (const location of await taken([...left.keys()])) {
              yield [{ location, error: error.exhausted(1) }];
              left.delete(location);
            }
          }
          await backOff.wait(error, attempt, o.signal);
        }
      }

      /** Those with mode `create` at which something is by now: nobody can tell whose. */
      async function taken(locations: readonly Location[]): Promise<Location[]> {
        const made = locations.filter((location) => left.get(location)!.mode === "create");
        const isFree = await Promise.all(made.map((location) => isAsItWas(location, o)));
        return made.filter((_, i) => !isFree[i]);
      }
    }

    return override(inner, {
      put,
      putMany,
      stat: (at, o) => persist(o, () => inner.stat(at, o)),
      findMissing: (all, o) => persist(o, () => inner.findMissing!(all, o)),
      checkRemoval: (at, o) => persist(o, () => inner.checkRemoval!(at, o)),
      describe: (at, o) => persist(o, () => inner.describe!(at, o)),
      list,
      tree,
      get,
      remove: (at, o) =>
        persist(o, (attempt) =>
          inner.remove!(at, o).catch((error) => {
            if (attempt === 1 || !isNotFound(error)) throw error;
          })),
      removeMany: (all, o) =>
        persist(o, async (attempt) => {
          const left = await inner.removeMany!(all, o);
          return attempt === 1
            ? left
            : new Map([...left].filter(([, error]) => !isNotFound(error)));
        }),
      importFiles: (at, files, o) =>
        files.every(({ replayable }) => replayable)
          ? persist(o, () => inner.importFiles!(at, files, o))
          : inner.importFiles!(at, files, o),
      mkdir: (at, o) => o.recursive ? persist(o, () => inner.mkdir!(at, o)) : inner.mkdir!(at, o),
      copy: (from, to, o) =>
        o.overwrite ? persist(o, () => inner.copy!(from, to, o)) : inner.copy!(from, to, o),
    });
  };
}
