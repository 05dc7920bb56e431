/**
 * From a source into an open file.
 *
 * @module
 */

import { type Bytes, type ChunkReader, readerOf, type Source } from "../../vfs/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted, throwIfAborted } from "../../vfs/signals.ts";
import { atHand } from "./nearness.ts";
import { isSmall } from "./target.ts";

/** Small chunks are written together from this many bytes on: each write costs as much as copying 64 KiB. */
const GATHERED = 256 * 1024;

/**
 * Writes all of `source` to `file`, which is at `path`, and closes what was opened of it whatever happens.
 *
 * @throws `Incomplete` when the source gave another number of bytes than it had announced
 */
export async function pour(
  source: Source,
  path: string,
  file: Deno.FsFile,
  signal: AbortSignal,
  url: string,
): Promise<void> {
  const reader = await openReader(source, signal, url);
  let size = 0;
  const capacity = Math.min(GATHERED, source.size ?? GATHERED);
  // One chunk is written while the next is fetched; its failure is told when it is waited for.
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of gather(reader, capacity, signal, url)) {
      await writing;
      writing = writeAll(path, file, chunk, isSmall(source.size));
      writing.catch(() => {});
      size += chunk.length;
    }
    await writing;
  } catch (error) {
    await reader.close(error);
    await writing.catch(() => {});
    throw error;
  }
  await reader.close();
  if (source.size === undefined || source.size === size) return;
  throw new VfsError("Incomplete", {
    op: "write",
    url,
    reason: `the source gave ${size} bytes of ${source.size}`,
  });
}

async function openReader(
  source: Source,
  signal: AbortSignal,
  url: string,
): Promise<ChunkReader> {
  const opening: Promise<Bytes> = source.open();
  try {
    return readerOf(await orAborted(opening, signal, "write", url));
  } catch (error) {
    // Aborted while it was opened: closed as soon as there is something to close; if opening fails too, the
    // abort is still what happened.
    opening.then((bytes) => readerOf(bytes).close(error)).catch(() => {});
    throw error;
  }
}

/** What the reader gives, small chunks put together in two buffers by turns: one is written while the other fills. */
async function* gather(
  reader: ChunkReader,
  capacity: number,
  signal: AbortSignal,
  url: string,
): AsyncGenerator<Uint8Array> {
  const buffers: Uint8Array[] = [];
  let turn = 0;
  let filled = 0;
  while (true) {
    throwIfAborted(signal, "write", url);
    const chunk = await orAborted(reader.read(), signal, "write", url);
    const isLarge = chunk !== undefined && chunk.length >= capacity / 2;
    if (filled > 0 && (isLarge || filled + (chunk?.length ?? capacity) > capacity)) {
      yield buffers[turn]!.subarray(0, filled);
      turn = 1 - turn;
      filled = 0;
    }
    if (chunk === undefined) return;
    if (isLarge) yield chunk;
    else {
      (buffers[turn] ??= new Uint8Array(capacity)).set(chunk, filled);
      filled += chunk.length;
    }
  }
}

/** A write may take a part only. */
async function writeAll(
  path: string,
  file: Deno.FsFile,
  bytes: Uint8Array,
  isSmall: boolean,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    const later = () => file.write(rest);
    at += isSmall ? await atHand(path, () => file.writeSync(rest), later) : await later();
  }
}
