/**
 * Reading from memory: ranges, and bodies whose arrays are the caller's own.
 *
 * @module
 */

import type { Bytes, ChunkReader } from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import { resolveRange } from "../../vfs/bytes/range.ts";
import { throwIfAborted } from "../../vfs/concurrency/signals.ts";
import type { GetOptions, Got } from "../../vfs/transport.ts";
import { type FileNode, infoOf, type Store } from "./store.ts";

/** Implements `get`. */
export function read(
  store: Store,
  location: Location,
  options: GetOptions,
): Got {
  const url = location.href;
  throwIfAborted(options.signal, "read", url);
  const node = store.need(location, "read");
  if (node.kind === "directory") {
    throw new VfsError("IsADirectory", { op: "read", url });
  }
  if (options.ifMatch !== undefined && options.ifMatch !== node.etag) {
    throw new VfsError("ConditionFailed", { op: "read", url });
  }
  const { start, end } = resolveRange(options.range, node.size, url);
  return {
    info: infoOf(node),
    offset: start,
    length: end - start,
    body: bodyOf(node, start, end, options.signal, url),
  };
}

function bodyOf(
  node: FileNode,
  start: number,
  end: number,
  signal: AbortSignal,
  url: string,
): Bytes {
  const pieces = slices(node.chunks, start, end);
  if (pieces.length === 0) return new Uint8Array();
  const [only] = pieces;
  if (pieces.length === 1 && only) return only.slice();
  return readerOfPieces(pieces, signal, url);
}

function slices(
  chunks: readonly Uint8Array<ArrayBuffer>[],
  start: number,
  end: number,
): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, chunk.length);
    if (from < to) pieces.push(chunk.subarray(from, to));
    at += chunk.length;
    if (at >= end) break;
  }
  return pieces;
}

function readerOfPieces(
  pieces: Uint8Array<ArrayBuffer>[],
  signal: AbortSignal,
  url: string,
): ChunkReader {
  let next = 0;
  return {
    // deno-lint-ignore require-await
    async read() {
      if (next < pieces.length) throwIfAborted(signal, "read", url);
      return pieces[next++]?.slice();
    },
    close() {
      next = pieces.length;
      return Promise.resolve();
    },
  };
}
