/**
 * Writing to memory: the source is pulled first, and takes its place in one step afterwards.
 *
 * @module
 */

import { readerOf, type Source } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { orAborted, throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { Info, PutOptions } from "../../vfs/transport.ts";
import { infoOf, type Store } from "./store.ts";

/** Implements `put`. */
export async function put(
  store: Store,
  location: Location,
  source: Source,
  options: PutOptions & { readonly now: () => number },
): Promise<Info> {
  const { mode = "replace", signal, mediaType, mtime } = options;
  const url = location.href;
  throwIfAborted(signal, "write", url);
  check(store, location, options);
  const pulled = await pull(source, signal, url);
  // Others may have written while the source was read.
  check(store, location, options);
  const { parent, name } = store.slot(location, "write", true);
  const old = parent.children.get(name);
  const chunks = mode === "append" && old?.kind === "file" ? [...old.chunks, ...pulled] : pulled;
  const node = {
    kind: "file",
    chunks,
    size: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    etag: store.nextEtag(),
    mtime: mtime?.getTime() ?? options.now(),
    mediaType,
  } as const;
  parent.children.set(name, node);
  return infoOf(node);
}

/** Throws what `put` would, before anything is made. */
function check(
  store: Store,
  location: Location,
  { mode, ifMatch }: Pick<PutOptions, "mode" | "ifMatch">,
): void {
  const url = location.href;
  const old = store.find(location);
  if (old?.kind === "directory") {
    throw new VfsError("IsADirectory", { op: "write", url });
  }
  if (old && mode === "create") {
    throw new VfsError("AlreadyExists", { op: "write", url });
  }
  if (ifMatch !== undefined && old?.etag !== ifMatch) {
    throw new VfsError("ConditionFailed", { op: "write", url });
  }
  store.checkParents(location, "write");
}

async function pull(
  source: Source,
  signal: AbortSignal,
  url: string,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = readerOf(
    await orAborted(source.open(), signal, "write", url),
  );
  try {
    while (true) {
      throwIfAborted(signal, "write", url);
      const chunk = await orAborted(reader.read(), signal, "write", url);
      if (chunk === undefined) break;
      chunks.push(chunk.slice());
    }
  } catch (error) {
    await reader.close(error);
    throw error;
  }
  await reader.close();
  return chunks;
}
