/**
 * How each fault is brought about. When it happens is decided elsewhere.
 *
 * @module
 */

import { type ChunkReader, readerOf, type Source } from "../vfs/bytes/bytes.ts";
import { type Clock, sleep } from "../vfs/concurrency/clock.ts";
import { type ErrorKind, VfsError } from "../vfs/errors.ts";
import { override } from "../vfs/layers/layer.ts";
import type { Location } from "../vfs/location/location.ts";
import { toAborted } from "../vfs/concurrency/signals.ts";
import type {
  CallOptions,
  GetOptions,
  Got,
  ListedEntry,
  ListOptions,
  PutOptions,
  Transport,
} from "../vfs/transport.ts";

/**
 * What can go wrong.
 *
 * - `unavailable`: the operation fails before it begins
 * - `rate-limited`: the same as `RateLimited`, with a wait of `ms` asked for
 * - `delay`: the operation begins `ms` milliseconds later
 * - `lost-response`: the operation is done, and fails all the same
 * - `cut-listing`: a listing fails after `at` pages, or reading or storing many files after so many
 * - `cut-read`: a body fails after `at` bytes
 * - `truncated-read`: a body ends after `at` bytes, without an error
 * - `stalled-read`: a body stops after `at` bytes until it is aborted or closed
 * - `cut-write`: a put fails after `at` bytes of its source
 * - `changed-etag`: a read meets another version of the object
 */
export type FaultKind =
  | "unavailable"
  | "rate-limited"
  | "delay"
  | "lost-response"
  | "cut-listing"
  | "cut-read"
  | "truncated-read"
  | "stalled-read"
  | "cut-write"
  | "changed-etag";

/** Operations that faults are injected into, named as the methods of a transport. */
export type FaultyOperation =
  | "stat"
  | "list"
  | "get"
  | "getMany"
  | "put"
  | "putMany"
  | "importFiles"
  | "remove"
  | "removeMany"
  | "mkdir"
  | "rename"
  | "copy"
  | "tree"
  | "describe";

/** One fault. */
export interface Fault {
  /** What goes wrong. */
  readonly kind: FaultKind;
  /** After how many bytes, or pages of a listing. @default {0} */
  readonly at?: number;
  /** Milliseconds of a delay, or asked for by a rate limit. @default {0} */
  readonly ms?: number;
  /** Kind of the error. @default {"Unavailable"} */
  readonly error?: ErrorKind;
}

/** One call of an operation, about which a fault is decided. */
export interface Call {
  /** The method. */
  readonly op: FaultyOperation;
  /** Its location, or the first of two. */
  readonly location: Location;
  /** The operation may be repeated without harm, and a retry layer will. */
  readonly repeatable: boolean;
}

/** `inner`, with the fault that `decide` gives for each call. */
export function injectFaults(
  inner: Transport,
  decide: (call: Call) => Fault | undefined,
  clock: Clock,
): Transport {
  /** Fails or waits before the operation, as the fault wants. */
  async function before(
    fault: Fault | undefined,
    { op, location }: Call,
    { signal }: CallOptions,
  ): Promise<void> {
    if (fault?.kind === "unavailable") throw failure(fault, op, location);
    if (fault?.kind === "rate-limited") {
      throw failure({ error: "RateLimited", ...fault }, op, location);
    }
    if (fault?.kind === "delay") await sleep(clock, fault.ms ?? 0, signal);
  }

  async function run<T>(
    op: FaultyOperation,
    location: Location,
    options: CallOptions,
    repeatable: boolean,
    action: (fault: Fault | undefined) => Promise<T>,
  ): Promise<T> {
    const call = { op, location, repeatable };
    const fault = decide(call);
    await before(fault, call, options);
    const result = await action(fault);
    if (fault?.kind === "lost-response") throw failure(fault, op, location);
    return result;
  }

  async function* list(
    location: Location,
    options: ListOptions,
  ): AsyncGenerator<readonly ListedEntry[]> {
    const call = { op: "list", location, repeatable: true } as const;
    const fault = decide(call);
    await before(fault, call, options);
    let pages = 0;
    const isCut = () => fault?.kind === "cut-listing" && pages >= (fault.at ?? 0);
    if (isCut()) throw failure(fault, "list", location);
    for await (const page of inner.list(location, options)) {
      yield page;
      pages++;
      if (isCut()) throw failure(fault, "list", location);
    }
    if (fault?.kind === "cut-listing") throw failure(fault, "list", location);
  }

  async function get(
    fault: Fault | undefined,
    location: Location,
    options: GetOptions,
  ): Promise<Got> {
    const changed = fault?.kind === "changed-etag";
    if (changed && options.ifMatch !== undefined) {
      throw failure({ ...fault, error: "ConditionFailed" }, "read", location);
    }
    const got = await inner.get(location, options);
    if (changed) {
      return { ...got, info: { ...got.info, etag: `${got.info.etag}+` } };
    }
    return fault && BODY_FAULTS.has(fault.kind)
      ? { ...got, body: faulty(readerOf(got.body), fault, location, options) }
      : got;
  }

  return override(inner, {
    stat: (at, o) => run("stat", at, o, true, () => inner.stat(at, o)),
    findMissing: (all, o) => run("stat", all[0]!, o, true, () => inner.findMissing!(all, o)),
    checkRemoval: (at, o) => run("stat", at, o, true, () => inner.checkRemoval!(at, o)),
    describe: (at, o) => run("describe", at, o, true, () => inner.describe!(at, o)),
    list,
    get: (at, o) => run("get", at, o, true, (fault) => get(fault, at, o)),
    async *getMany(locations, options) {
      const [location] = locations;
      if (!location) return;
      const call = { op: "getMany", location, repeatable: true } as const;
      const fault = decide(call);
      await before(fault, call, options);
      let left = fault?.kind === "cut-listing" ? fault.at ?? 0 : Infinity;
      for await (const page of inner.getMany!(locations, options)) {
        if (left > 0) yield page.slice(0, left);
        left -= page.length;
        if (fault && left < 0) throw failure(fault, "read", location);
      }
    },
    put: (at, source, o) =>
      run("put", at, o, isRepeatable(source, o), (fault) =>
        inner.put!(
          at,
          fault?.kind === "cut-write" ? cutSource(source, fault, at) : source,
          o,
        )),
    async *putMany(files, options) {
      const [first] = files;
      if (!first) return;
      const call = { op: "putMany", location: first.location, repeatable: true } as const;
      const fault = decide(call);
      await before(fault, call, options);
      const isLost = fault?.kind === "lost-response";
      let left = fault?.kind === "cut-listing" ? fault.at ?? 0 : Infinity;
      for await (const page of inner.putMany!(files, options)) {
        if (!isLost && left > 0) yield page.slice(0, left);
        left -= page.length;
        if (fault && left < 0) throw failure(fault, "write", first.location);
      }
      if (isLost) throw failure(fault, "write", first.location);
    },
    importFiles: (at, files, o) =>
      run("importFiles", at, o, files.every(({ replayable }) => replayable), (fault) => {
        const [first, ...others] = files;
        const isCut = fault?.kind === "cut-write" && first;
        const sent = isCut
          ? [{ ...cutSource(first, fault, at), name: first.name }, ...others]
          : files;
        return inner.importFiles!(at, sent, o);
      }),
    remove: (at, o) => run("remove", at, o, true, () => inner.remove!(at, o)),
    removeMany: (all, o) => run("removeMany", all[0]!, o, true, () => inner.removeMany!(all, o)),
    mkdir: (at, o) => run("mkdir", at, o, o.recursive ?? false, () => inner.mkdir!(at, o)),
    rename: (from, to, o) => run("rename", from, o, false, () => inner.rename!(from, to, o)),
    copy: (from, to, o) =>
      run("copy", from, o, o.overwrite ?? false, () => inner.copy!(from, to, o)),
    tree: async function* (location, options) {
      const call = { op: "tree", location, repeatable: false } as const;
      const fault = decide(call);
      await before(fault, call, options);
      let steps = 0;
      for await (const step of inner.tree!(location, options)) {
        if (fault?.kind === "cut-listing" && steps++ >= (fault.at ?? 0)) {
          throw failure(fault, "list", location);
        }
        yield step;
      }
    },
  });
}

const BODY_FAULTS: ReadonlySet<FaultKind> = new Set([
  "cut-read",
  "truncated-read",
  "stalled-read",
]);

function isRepeatable(source: Source, { mode = "replace", ifMatch }: PutOptions): boolean {
  return source.replayable && mode === "replace" && ifMatch === undefined;
}

function failure(
  fault: Partial<Fault> | undefined,
  op: string,
  location: Location,
): VfsError {
  return new VfsError(fault?.error ?? "Unavailable", {
    op,
    url: location.href,
    reason: `injected fault "${fault?.kind}"`,
    retryAfterMs: fault?.kind === "rate-limited" ? fault.ms : undefined,
  });
}

/** `reader` up to the fault's byte, and there the fault. */
function faulty(
  reader: ChunkReader,
  fault: Fault,
  location: Location,
  { signal }: CallOptions,
): ChunkReader {
  let left = fault.at ?? 0;
  const closed = new AbortController();
  return {
    async read() {
      if (left > 0) {
        const chunk = await reader.read();
        if (chunk === undefined) return undefined;
        const part = chunk.subarray(0, left);
        left -= part.length;
        return part;
      }
      if (fault.kind === "truncated-read") return undefined;
      if (fault.kind === "cut-read") throw failure(fault, "read", location);
      return await stall(AbortSignal.any([signal, closed.signal]));
    },
    close(reason) {
      closed.abort();
      return reader.close(reason);
    },
  };
}

function stall(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(toAborted(signal, "read"));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** A source that fails at the fault's byte, as if the line broke there. */
function cutSource(source: Source, fault: Fault, location: Location): Source {
  return {
    ...source,
    open: async () =>
      faulty(
        readerOf(await source.open()),
        { ...fault, kind: "cut-read" },
        location,
        { signal: new AbortController().signal },
      ),
  };
}
