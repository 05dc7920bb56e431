/**
 * From a source into an open file.
 *
 * @module
 */

import { type Bytes, type ChunkReader, concat, readerOf, type Source } from "../../vfs/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted, throwIfAborted } from "../../vfs/signals.ts";
import { atHand } from "./nearness.ts";

/** Small chunks are written together from this many bytes on: each write costs as much as copying 64 KiB. */
const GATHERED = 256 * 1024;

/**
 * Writes all of `source` to `file`, and closes what was opened of it whatever happens.
 *
 * @throws `Incomplete` when the source gave another number of bytes than it had announced
 */
export async function pour(
  source: Source,
  file: Deno.FsFile,
  signal: AbortSignal,
  url: string,
): Promise<void> {
  const reader = await openReader(source, signal, url);
  let size = 0;
  // One chunk is written while the next is fetched; its failure is told when it is waited for.
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of gather(reader, signal, url)) {
      await writing;
      writing = writeAll(file, chunk);
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

async function* gather(
  reader: ChunkReader,
  signal: AbortSignal,
  url: string,
): AsyncGenerator<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  while (true) {
    throwIfAborted(signal, "write", url);
    const chunk = await orAborted(reader.read(), signal, "write", url);
    if (chunk !== undefined) {
      chunks.push(chunk);
      size += chunk.length;
      if (size < GATHERED) continue;
    }
    const [only] = chunks;
    if (only) yield chunks.length === 1 ? only : concat(chunks, size);
    if (chunk === undefined) return;
    chunks = [];
    size = 0;
  }
}

/** A write may take a part only. A little goes to the system's memory at once. */
async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    at += rest.length < GATHERED
      ? await atHand(() => file.writeSync(rest), () => file.write(rest))
      : await file.write(rest);
  }
}
