/** A transport that files what it gets by its first line, `id: PATH`. */

import { collect, readerOf, sourceOfBytes } from "../../vfs/bytes/bytes.ts";
import { LEAST } from "../../vfs/capabilities.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { NEVER, throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { Capabilities, Transport } from "../../vfs/transport.ts";
import { override } from "../../vfs/layers/layer.ts";
import {
  type Connected,
  connectForTest,
  masked,
  memoryTransport,
  type Specimen,
} from "../../testing/mod.ts";

const { exclusive, append, remove, removeTree, mkdir, emptyDirectories, rename, copy } = LEAST;

/** Files can be stored, and that is all. */
export const STORING_ONLY: Partial<Capabilities> = {
  putsIfMatch: undefined,
  exclusive,
  append,
  remove,
  removeTree,
  mkdir,
  emptyDirectories,
  rename,
  copy,
};

const PATHS = ["A/1/x", "B/2/y", "C/3/z"];

export const SPECIMENS: readonly Specimen[] = PATHS.map((path, i) => ({
  path,
  bytes: new TextEncoder().encode(`id: ${path}\n${`${i}`.repeat(i * 1000)}`),
}));

/** Files into the memory transport at `root`; the segments of `at` below it must be those of the content. */
function namedByContent(inner: Transport, root: Location): Transport {
  const limited = masked(inner, {
    ...STORING_ONLY,
    naming: "content",
    keepsTimes: undefined,
    looksFirst: true,
  });
  return override(limited, {
    async put(at, source, o) {
      const reader = readerOf(await source.open());
      const onAbort = () => void reader.close();
      o.signal.addEventListener("abort", onAbort, { once: true });
      const bytes = await collect(reader).finally(() => {
        o.signal.removeEventListener("abort", onAbort);
      });
      throwIfAborted(o.signal, "write", at.href);
      const path = /^id: (.*)\n/.exec(new TextDecoder().decode(bytes))?.[1];
      if (path === undefined) {
        throw new VfsError("NotSupported", { op: "write", url: at.href, reason: "no id" });
      }
      const location = root.join(...path.split("/"));
      if (!at.contains(location)) {
        throw new VfsError("InvalidArgument", { op: "write", url: at.href, reason: "not here" });
      }
      const info = await inner.put!(location, sourceOfBytes(bytes), o);
      return { ...info, location };
    },
  });
}

/** What is there before. */
export const FILES = { "D/8/v": new Uint8Array(10), "D/9/w": new Uint8Array(70_000).fill(7) };

export async function connectNamedByContent(): Promise<Connected> {
  const connected = await connectForTest(memoryTransport(), "memory:///work");
  for (const [path, bytes] of Object.entries(FILES)) {
    const at = connected.root.join(...path.split("/"));
    await connected.transport.put!(at, sourceOfBytes(bytes), { signal: NEVER });
  }
  return { ...connected, transport: namedByContent(connected.transport, connected.root) };
}
