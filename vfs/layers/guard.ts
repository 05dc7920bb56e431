/**
 * The innermost layer: it holds a driver to the contract, so that a driver's author need not.
 *
 * @module
 */

import { readerOf, type Source } from "../bytes/bytes.ts";
import { FunctionNotSupported, VfsError } from "../errors.ts";
import type { Location } from "../location/location.ts";
import { isName } from "../location/names.ts";
import { checkRange } from "../bytes/range.ts";
import { throwIfAborted, toAborted } from "../concurrency/signals.ts";
import type {
  CallOptions,
  FileToPut,
  GetOptions,
  Got,
  GotOne,
  ListedEntry,
  PutOptions,
  PutOutcome,
  Transport,
} from "../transport.ts";
import { checkAnswer } from "./answer.ts";
import { cut } from "./cut_range.ts";
import { override } from "./layer.ts";
import { callError, checkLength, measured } from "./measured.ts";

/**
 * Makes the guard for the driver of one scheme.
 *
 * - Operations and options that the capability record does not name are refused.
 * - Names in listings that are no names (`..`, empty, NUL) fail the listing as `Protocol`.
 * - A body that is shorter or longer than announced fails as `Incomplete` or `Protocol`, and so does one that
 *   is not the part asked for.
 * - A source that gives another number of bytes than its size fails the put, before the driver commits; a put
 *   that resolves before its source is read to the end fails as `Protocol`.
 * - Ranges are cut from the whole where the driver has none.
 * - Locations outside `root` are refused.
 * - After dispose, which reaches the driver once, everything is refused as `Unavailable`.
 * - Errors that are no {@linkcode VfsError} become `Aborted`, `TimedOut` or `Unexpected`.
 */
export function guard(
  scheme: string,
  root?: Location,
): (inner: Transport) => Transport {
  return (inner) => {
    const caps = inner.capabilities;
    let disposing: Promise<void> | undefined;
    const unsupported = (op: string, at: Location, what?: string) =>
      new FunctionNotSupported(scheme, op, at.href, what);

    async function run<T>(
      op: string,
      at: Location,
      { signal }: CallOptions,
      action: () => Promise<T>,
    ): Promise<T> {
      try {
        enter(op, at, signal);
        return await action();
      } catch (error) {
        throw callError(error, op, at, signal);
      }
    }

    function enter(op: string, at: Location, signal: AbortSignal): void {
      // Of thousands at once the URL of each would be made, and kept, for nothing.
      if (signal.aborted) throwIfAborted(signal, op, at.href);
      if (disposing) {
        throw new VfsError("Unavailable", {
          op,
          url: at.href,
          reason: "the connection is closed",
          status: "permanent",
        });
      }
      if (root && !root.contains(at)) {
        throw new VfsError("PermissionDenied", {
          op,
          url: at.href,
          reason: `outside the root "${root.href}"`,
        });
      }
      if (at.query !== "" && !caps.query) {
        throw unsupported(op, at, 'a query in the URL, write "%3F" for "?"');
      }
    }

    async function get(at: Location, options: GetOptions): Promise<Got> {
      const { range } = options;
      if (range) checkRange(range, at.href);
      if (options.ifMatch !== undefined && !caps.etag) {
        throw unsupported("read", at, "ifMatch");
      }
      const asked = caps.range ? options : { ...options, range: undefined };
      let got = await inner.get(at, asked);
      try {
        got = checkAnswer(got, asked.range, at.href);
      } catch (error) {
        await readerOf(got.body).close();
        throw error;
      }
      const checked = checkLength(got, at, options.signal);
      return range && !caps.range ? cut(checked, range, at.href) : checked;
    }

    function runAll<T>(
      op: string,
      locations: readonly Location[],
      options: CallOptions,
      action: () => Promise<T>,
    ): Promise<T> {
      return run(op, locations[0]!, options, () => {
        for (const at of locations) enter(op, at, options.signal);
        return action();
      });
    }

    async function* getMany(
      locations: readonly Location[],
      options: CallOptions,
    ): AsyncGenerator<readonly GotOne[]> {
      const [first] = locations;
      if (!first) return;
      const waiting = new Set(locations);
      try {
        for (const at of locations) enter("read", at, options.signal);
        for await (const page of inner.getMany!(locations, options)) {
          for (const { location, got } of page) {
            if (!waiting.delete(location)) {
              const reason = "it gave a file that nobody asked for, or gave it twice";
              throw new VfsError("Protocol", { op: "read", url: location.href, reason });
            }
            checkWhole(got, location);
          }
          yield page;
          throwIfAborted(options.signal, "read", first.href);
        }
      } catch (error) {
        throw callError(error, "read", first, options.signal);
      }
    }

    async function* putMany(
      files: readonly FileToPut[],
      options: CallOptions,
    ): AsyncGenerator<readonly PutOutcome[]> {
      const [first] = files;
      if (!first) return;
      const waiting = new Map(
        files.map((file) => [file.location, measured(file.source, file.location)]),
      );
      const given = files.map((file) => {
        const source = waiting.get(file.location)!;
        const { signal } = options;
        const open = () =>
          signal.aborted
            ? Promise.reject(toAborted(signal, "write", file.location.href))
            : source.open();
        return { ...file, source: { ...source, open } };
      });
      try {
        for (const file of files) {
          enter("write", file.location, options.signal);
          checkPut(file.location, file.source, file);
        }
        for await (const page of inner.putMany!(given, options)) {
          for (const outcome of page) {
            const { location } = outcome;
            const source = waiting.get(location);
            if (!waiting.delete(location)) {
              const reason = "it told of a file that nobody gave it, or told twice";
              throw new VfsError("Protocol", { op: "write", url: location.href, reason });
            }
            if ("stored" in outcome && !source!.isRead()) throw unread(location);
          }
          // Also after an abort, which lets nothing more begin: what is stored is told.
          yield page;
        }
      } catch (error) {
        throw callError(error, "write", first.location, options.signal);
      }
    }

    async function* pages<T>(
      at: Location,
      { signal }: CallOptions,
      open: () => AsyncIterable<T>,
      check: (page: T) => void,
    ): AsyncGenerator<T> {
      try {
        enter("list", at, signal);
        for await (const page of open()) {
          check(page);
          yield page;
          throwIfAborted(signal, "list", at.href);
        }
      } catch (error) {
        throw callError(error, "list", at, signal);
      }
    }

    return override(named(inner), {
      [Symbol.asyncDispose]: () => disposing ??= Promise.resolve(inner[Symbol.asyncDispose]()),
      stat: (at, o) => run("stat", at, o, () => inner.stat(at, o)),
      findMissing: async (all, o) =>
        all.length === 0
          ? new Set()
          : await runAll("stat", all, o, () => inner.findMissing!(all, o)),
      list: (at, o) => pages(at, o, () => inner.list(at, o), (page) => checkNames(page, at)),
      get: (at, o) => run("read", at, o, () => get(at, o)),
      getMany,
      put: (at, source, o) =>
        run("write", at, o, async () => {
          checkPut(at, source, o);
          const whole = measured(source, at);
          const info = await inner.put!(at, whole, o);
          if (whole.isRead()) return info;
          throw unread(at);
        }),
      putMany,
      importFiles: (at, files, o) =>
        run("import into", at, o, () => inner.importFiles!(at, files, o)),
      checkRemoval: (at, o) => run("remove", at, o, () => inner.checkRemoval!(at, o)),
      remove: (at, o) => run("remove", at, o, () => inner.remove!(at, o)),
      removeMany: (all, o) => runAll("remove", all, o, () => inner.removeMany!(all, o)),
      mkdir: (at, o) => run("mkdir", at, o, () => inner.mkdir!(at, o)),
      rename: (from, to, o) =>
        run("rename", from, o, () => {
          enter("rename", to, o.signal);
          return inner.rename!(from, to, o);
        }),
      copy: (from, to, o) =>
        run("copy", from, o, () => {
          enter("copy", to, o.signal);
          return inner.copy!(from, to, o);
        }),
      describe: (at, o) => run("describe", at, o, () => inner.describe!(at, o)),
      tree: (at, o) =>
        pages(at, o, () => inner.tree!(at, o), (step) => checkNames(step.entries, step.location)),
    });

    function checkPut(at: Location, source: Source, o: Omit<PutOptions, "signal">): void {
      if (o.mode === "create" && !caps.exclusive && !caps.looksFirst) {
        throw unsupported("write", at, 'mode "create"');
      }
      if (o.ifMatch !== undefined && (!caps.putsIfMatch || (o.mode ?? "replace") !== "replace")) {
        throw unsupported("write", at, "in the place of one version");
      }
      if (o.mode === "append" && !caps.append) {
        throw unsupported("write", at, 'mode "append"');
      }
      const { maxPutSize } = caps;
      if (maxPutSize !== undefined && (source.size ?? 0) > maxPutSize) {
        throw unsupported("write", at, `files over ${maxPutSize} bytes`);
      }
    }
  };
}

function unread(at: Location): VfsError {
  const reason = "the driver stored it before it had read it all";
  return new VfsError("Protocol", { op: "write", url: at.href, reason });
}

/** `inner` without the operations that its capability record does not name. */
function named(inner: Transport): Transport {
  const { put, importFiles, remove, removeMany, mkdir, rename, copy, tree, getMany, putMany } =
    inner.capabilities;
  const names = {
    put: put !== "none",
    importFiles,
    getMany: getMany !== undefined,
    putMany: putMany !== undefined,
    checkName: put !== "none",
    checkRemoval: remove,
    remove,
    removeMany,
    mkdir,
    rename,
    copy,
    tree,
  };
  const hidden = Object.entries(names).filter(([, isNamed]) => !isNamed);
  return override(inner, {}, hidden.map(([name]) => name));
}

/** A file of {@linkcode Transport.getMany} is whole, and in memory. */
function checkWhole(
  { info: { size }, offset, length, body }: GotOne["got"],
  at: Location,
): void {
  const isWhole = body instanceof Uint8Array && offset === 0 &&
    (length ?? body.length) === body.length && (size ?? body.length) === body.length;
  if (isWhole) return;
  throw new VfsError("Protocol", { op: "read", url: at.href, reason: "it gave a part of a file" });
}

function checkNames(entries: readonly ListedEntry[], at: Location): void {
  for (const { name } of entries) {
    if (isName(name)) continue;
    throw new VfsError("Protocol", {
      op: "list",
      url: at.href,
      reason: `the server sent ${JSON.stringify(name)} as a name`,
    });
  }
}
