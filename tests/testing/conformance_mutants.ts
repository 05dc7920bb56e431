/** Transports with one defect each, which the conformance suite has to find. */

import { collect, readerOf, sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { isVfsError, VfsError } from "../../vfs/errors.ts";
import { type Layer, override } from "../../vfs/layers/layer.ts";
import type { Location } from "../../vfs/location/location.ts";
import { NEVER } from "../../vfs/concurrency/signals.ts";
import type { ListedEntry, Transport } from "../../vfs/transport.ts";
import { infoAt, isThere } from "../../vfs/presence.ts";
import { masked } from "../../testing/mod.ts";

const signal = NEVER;

/** One defect, and the group of cases that finds it. */
export interface Mutant {
  readonly group: string;
  readonly layer: Layer;
  /** What the check of the capability record says of it; otherwise a case fails. */
  readonly says?: RegExp;
}

function relist(
  inner: Transport,
  change: (page: readonly ListedEntry[]) => readonly ListedEntry[],
): Transport {
  return override(inner, {
    async *list(at, o) {
      for await (const page of inner.list(at, o)) yield change(page);
    },
  });
}

/** Picks what `isMissing` says is missing. */
function picking(inner: Transport, isMissing: (at: Location) => Promise<boolean>): Transport {
  const findMissing = async (all: readonly Location[]) => {
    const told = await Promise.all(all.map(isMissing));
    return new Set(all.filter((_, i) => told[i]));
  };
  return override({ ...inner, findMissing }, {});
}

async function* once<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const one of all) {
    yield one;
    return;
  }
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "reads lose their last byte": {
    group: "read",
    layer: (inner) =>
      override(inner, {
        async get(at, o) {
          const got = await inner.get(at, o);
          const bytes = await collect(got.body);
          return { ...got, length: undefined, body: bytes.slice(0, -1) };
        },
      }),
  },
  "what was found missing is remembered too long": {
    group: "missing",
    layer: (inner) => {
      const known = new Set<string>();
      return picking(inner, async (at) => {
        if (!await isThere({ transport: inner, location: at }, signal)) known.add(at.href);
        return known.has(at.href);
      });
    },
  },
  "directories are found missing": {
    group: "missing",
    layer: (inner) =>
      picking(
        inner,
        async (at) => (await infoAt({ transport: inner, location: at }, signal))?.kind !== "file",
      ),
  },
  "a listing gives its page twice": {
    group: "list",
    layer: (inner) => relist(inner, (page) => [...page, ...page]),
  },
  "a listing ends after the first page": {
    group: "list",
    layer: (inner) => override(inner, { list: (at, o) => once(inner.list(at, o)) }),
  },
  "a listing of nothing is empty": {
    group: "list",
    layer: (inner) =>
      override(inner, {
        async *list(at, o) {
          try {
            yield* inner.list(at, o);
          } catch (error) {
            if (!isVfsError(error) || error.kind !== "NotFound") throw error;
          }
        },
      }),
  },
  "a listing tells wrong sizes": {
    group: "list",
    layer: (inner) =>
      relist(inner, (page) =>
        page.map((entry) => ({
          ...entry,
          info: { ...entry.info, kind: entry.kind, size: 1 },
        }))),
  },
  "a listing is remembered too long": {
    group: "list",
    layer: (inner) => {
      const seen = new Map<string, readonly ListedEntry[]>();
      return override(inner, {
        async *list(at, o) {
          const known = seen.get(at.href) ??
            (await Array.fromAsync(inner.list(at, o))).flat();
          seen.set(at.href, known);
          if (known.length > 0) yield known;
        },
      });
    },
  },
  "create replaces": {
    group: "exclusive",
    layer: (inner) =>
      override(inner, {
        put: (at, source, o) => inner.put!(at, source, { ...o, mode: "replace" }),
      }),
  },
  "create looks first and leaps then": {
    group: "exclusive",
    layer: (inner) =>
      override(inner, {
        async put(at, source, o) {
          const isThere = await inner.stat(at, o).then(() => true, () => false);
          if (isThere && o.mode === "create") {
            throw new VfsError("AlreadyExists", { op: "write", url: at.href });
          }
          const mode = o.mode === "create" ? "replace" : o.mode;
          return await inner.put!(at, source, { ...o, mode });
        },
      }),
  },
  "append replaces": {
    group: "append",
    layer: (inner) =>
      override(inner, {
        put: (at, source, o) => inner.put!(at, source, { ...o, mode: "replace" }),
      }),
  },
  "a broken source is stored as far as it goes": {
    group: "overwrite",
    layer: (inner) =>
      override(inner, {
        put: (at, source, o) =>
          inner.put!(at, {
            ...source,
            async open() {
              const reader = readerOf(await source.open());
              return {
                read: () => reader.read().catch(() => undefined),
                close: (reason) => reader.close(reason),
              };
            },
          }, o),
      }),
  },
  "a put begins by emptying the file": {
    group: "overwrite",
    layer: (inner) =>
      override(inner, {
        async put(at, source, o) {
          await inner.put!(at, sourceOfBytes(new Uint8Array()), o);
          return await inner.put!(at, source, o);
        },
      }),
  },
  "every failure is NotFound": {
    group: "read",
    layer: (inner) =>
      override(inner, {
        get: (at, o) =>
          inner.get(at, o).catch((cause) => {
            throw new VfsError("NotFound", { op: "read", url: at.href, cause });
          }),
      }),
  },
  "errors are not ours": {
    group: "stat",
    layer: (inner) =>
      override(inner, {
        stat: (at, o) =>
          inner.stat(at, o).catch(() => {
            throw new Deno.errors.NotFound("No such file");
          }),
      }),
  },
  "removing what is missing succeeds": {
    group: "remove",
    layer: (inner) => override(inner, { remove: (at, o) => inner.remove!(at, o).catch(() => {}) }),
  },
  "removing is always recursive": {
    group: "remove",
    layer: (inner) =>
      override(inner, {
        remove: (at, o) => inner.remove!(at, { ...o, recursive: true }),
      }),
  },
  "rename always overwrites": {
    group: "rename",
    layer: (inner) =>
      override(inner, {
        rename: (from, to, o) => inner.rename!(from, to, { ...o, overwrite: true }),
      }),
  },
  "rename leaves the old name": {
    group: "rename",
    layer: (inner) =>
      override(inner, {
        async rename(from, to, o) {
          await inner.copy!(from, to, o);
        },
      }),
  },
  "copy empties before it looks": {
    group: "copy",
    layer: (inner) =>
      override(inner, {
        async copy(from, to, o) {
          if (o.overwrite) {
            await inner.put!(to, sourceOfBytes(new Uint8Array()), o);
          }
          return await inner.copy!(from, to, o);
        },
      }),
  },
  "mkdir is always recursive": {
    group: "mkdir",
    layer: (inner) =>
      override(inner, {
        mkdir: (at, o) => inner.mkdir!(at, { ...o, recursive: true }),
      }),
  },
  "ranges are off by one": {
    group: "range",
    layer: (inner) =>
      override(inner, {
        get: (at, o) =>
          inner.get(at, {
            ...o,
            range: o.range && "start" in o.range && o.range.end
              ? { start: o.range.start, end: o.range.end + 1 }
              : o.range,
          }),
      }),
  },
  "ifMatch is ignored": {
    group: "range",
    layer: (inner) =>
      override(inner, {
        get: (at, o) => inner.get(at, { ...o, ifMatch: undefined }),
      }),
  },
  "an abort is ignored": {
    group: "abort",
    layer: (inner) =>
      override(inner, {
        put: (at, source, o) => inner.put!(at, source, { ...o, signal }),
        stat: (at, o) => inner.stat(at, { ...o, signal }),
      }),
  },
  "a disposed connection goes on": {
    group: "dispose",
    layer: (inner) => ({
      ...override(inner, {}),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
  },
  "disposing twice fails": {
    group: "dispose",
    layer: (inner) => {
      let count = 0;
      return {
        ...override(inner, {}),
        async [Symbol.asyncDispose]() {
          if (++count === 2) throw new TypeError("Already disposed");
          await inner[Symbol.asyncDispose]();
        },
      };
    },
  },
  "names are trimmed": {
    group: "name",
    layer: (inner) =>
      relist(inner, (page) => page.map((entry) => ({ ...entry, name: entry.name.trim() }))),
  },
  "a tree shows its first directory only": {
    group: "walk",
    layer: (inner) => override(inner, { tree: (at, o) => once(inner.tree!(at, o)) }),
  },
  "reads at once share a buffer": {
    group: "concurrency",
    layer: (inner) => {
      const shared = new Uint8Array(300_000);
      return override(inner, {
        async get(at, o) {
          const got = await inner.get(at, o);
          const bytes = await collect(got.body);
          await Promise.resolve();
          shared.set(bytes);
          return { ...got, body: shared.subarray(0, bytes.length) };
        },
      });
    },
  },
  "a digest is claimed and never told": {
    group: "stat",
    layer: (inner) => masked(inner, { digests: ["sha256"] }),
  },
  "symlinks are claimed and never shown": {
    group: "symlink",
    says: /"symlinks" is claimed, and no case has shown it/,
    layer: (inner) => masked(inner, { symlinks: true }),
  },
  "remove is there, undeclared": {
    group: "remove",
    says: /remove\(\) is there, undeclared/,
    layer: (inner) => ({
      ...override(inner, {}),
      capabilities: { ...inner.capabilities, remove: false },
    }),
  },
  "rename is claimed, and is not there": {
    group: "rename",
    says: /"rename" has no rename\(\)/,
    layer: (inner) => ({ ...override(inner, {}), rename: undefined }),
  },
};
