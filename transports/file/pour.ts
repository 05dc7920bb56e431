/**
 * From a source into an open file.
 *
 * @module
 */

import {
  type Bytes,
  type ChunkReader,
  memoryOf,
  readerOf,
  type Source,
} from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted, throwIfAborted } from "../../vfs/concurrency/signals.ts";
import { atHand } from "./nearness.ts";
import { isShort, isSmall } from "./target.ts";

/** A chunk of this many bytes is written by itself: each write costs as much as copying them. */
const WORTH_WRITING = 64 * 1024;
/** So many bytes are asked for at once, and smaller chunks are written together up to so many. */
const GATHERED = 512 * 1024;

/**
 * Writes all of `bytes` to `file`, which is at `path`, and closes them whatever happens. `announced` is how many they should
 * be.
 *
 * @returns how many there were
 */
export async function pour(
  bytes: Bytes,
  announced: number | undefined,
  path: string,
  file: Deno.FsFile,
  signal: AbortSignal,
  url: string,
): Promise<number> {
  return bytes instanceof Uint8Array
    ? await pourBytes(bytes, path, file, signal, url)
    : await pourReader(bytes, announced, path, file, signal, url);
}

/** @throws `Incomplete` when a source gave another number of bytes than it had announced */
export function checkSize(source: Source, size: number, url: string): void {
  if (source.size === undefined || source.size === size) return;
  throw new VfsError("Incomplete", {
    op: "write",
    url,
    reason: `the source gave ${size} bytes of ${source.size}`,
  });
}

async function pourBytes(
  bytes: Uint8Array,
  path: string,
  file: Deno.FsFile,
  signal: AbortSignal,
  url: string,
): Promise<number> {
  throwIfAborted(signal, "write", url);
  await writeAll(path, file, bytes, isShort(bytes.length));
  return bytes.length;
}

async function pourReader(
  reader: ChunkReader,
  announced: number | undefined,
  path: string,
  file: Deno.FsFile,
  signal: AbortSignal,
  url: string,
): Promise<number> {
  let size = 0;
  // One chunk is written while the next is fetched; its failure is told when it is waited for.
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of gather(reader, announced, signal, url)) {
      await writing;
      writing = writeAll(path, file, chunk, isSmall(announced ?? size + chunk.length));
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
  return size;
}

/** Opens a source, unless that is aborted. */
export function openSource(
  source: Source,
  signal: AbortSignal,
  url: string,
): Bytes | Promise<Bytes> {
  const opening = source.open();
  return opening instanceof Uint8Array
    ? opening
    : unlessAborted(Promise.resolve(opening), signal, url);
}

async function unlessAborted(
  opening: Promise<Bytes>,
  signal: AbortSignal,
  url: string,
): Promise<Bytes> {
  try {
    return await orAborted(opening, signal, "write", url);
  } catch (error) {
    // Aborted while it was opened: closed as soon as there is something to close; if opening fails too, the
    // abort is still what happened.
    opening.then((bytes) => readerOf(bytes).close(error)).catch(() => {});
    throw error;
  }
}

/**
 * What the reader gives, small chunks put together, in two buffers by turns: one is written while the other fills. Readers
 * that fill memory fill that.
 */
async function* gather(
  reader: ChunkReader,
  announced: number | undefined,
  signal: AbortSignal,
  url: string,
): AsyncGenerator<Uint8Array> {
  const buffers: Uint8Array<ArrayBuffer>[] = [];
  // What does not say how long it is may be short.
  let capacity = Math.min(GATHERED, Math.max(announced ?? WORTH_WRITING, 1));
  const buffer = () => {
    const last = buffers[turn];
    return last && last.length >= capacity ? last : buffers[turn] = new Uint8Array(capacity);
  };
  let turn = 0;
  let filled = 0;
  while (true) {
    throwIfAborted(signal, "write", url);
    // What is filled already must not be given away: at the end of a stream it would not come back.
    const into = filled === 0 ? buffer() : undefined;
    const given = into?.length;
    const chunk = await orAborted(reader.read(into), signal, "write", url);
    const back = chunk && into && memoryOf(chunk, into);
    // A chunk that was read ahead may lie in memory of others, behind which nothing may be written.
    const memory = back?.length === given ? back : undefined;
    if (chunk && memory) {
      buffers[turn] = memory;
      filled = chunk.length;
    }
    const isLarge = chunk !== undefined && chunk.length >= Math.min(WORTH_WRITING, capacity / 2);
    const needed = memory ? 0 : chunk?.length ?? capacity;
    if (filled > 0 && (isLarge || filled + needed > capacity)) {
      yield buffers[turn]!.subarray(0, filled);
      turn = 1 - turn;
      filled = 0;
      if (announced === undefined) capacity = GATHERED;
    }
    if (chunk === undefined) return;
    if (memory) continue;
    if (isLarge) {
      yield chunk;
      if (announced === undefined) capacity = GATHERED;
    } else {
      buffer().set(chunk, filled);
      filled += chunk.length;
    }
  }
}

/** A write may take a part only. */
async function writeAll(
  path: string,
  file: Deno.FsFile,
  bytes: Uint8Array,
  atOnce: boolean,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    const later = () => file.write(rest);
    at += atOnce ? await atHand(path, () => file.writeSync(rest), later) : await later();
  }
}
