/**
 * Content of unknown size on its way to a server that wants to know it first: in memory, or in a temporary file.
 *
 * @module
 */

import type { Purpose } from "../../vfs/ask.ts";
import {
  type Bytes,
  type ChunkReader,
  concat,
  memoryOf,
  readerOf,
  type Source,
} from "../../vfs/bytes/bytes.ts";
import { VfsError } from "../../vfs/errors.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";

/** Bytes that are read at once. */
const CHUNK = 256 * 1024;

/** Content that is kept, so that its size is known and it can be read again. */
export interface Spooled extends AsyncDisposable {
  /** Bytes, and how to read them. */
  readonly source: Source & { readonly size: number };
}

/** Reads all of `source`: into memory up to `limit` bytes, and into a temporary file beyond. */
export async function spool(
  source: Source,
  limit: number,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<Spooled> {
  const reader = readerOf(await source.open());
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let c = await next(reader); c !== undefined; c = await next(reader)) {
      chunks.push(c);
      size += c.length;
      if (size > limit) return await toFile(chunks, (into) => next(reader, into), purpose);
    }
  } finally {
    await reader.close();
  }
  const bytes = concat(chunks, size);
  return {
    source: { size, replayable: true, open: () => Promise.resolve(bytes) },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };

  function next(reader: ChunkReader, into?: Uint8Array<ArrayBuffer>) {
    return orAborted(reader.read(into), signal, purpose.op, purpose.url);
  }
}

async function toFile(
  begun: readonly Uint8Array[],
  next: (into: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer> | undefined>,
  purpose: Purpose,
): Promise<Spooled> {
  const path = makeFile(purpose);
  const remove = () => Deno.removeSync(path);
  await using held = new AsyncDisposableStack();
  // Made in one go, and without a name where the system allows: a process that is killed leaves whatever has one.
  let isNamed = true;
  held.defer(() => isNamed ? remove() : undefined);
  const file = held.use(Deno.openSync(path, { read: true, write: true }));
  if (Deno.build.os !== "windows") {
    remove();
    isNamed = false;
  }
  let size = 0;
  const write = async (chunk: Uint8Array) => {
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    size += chunk.length;
  };
  for (const chunk of begun) await write(chunk);
  let memory = new Uint8Array(CHUNK);
  for (let c = await next(memory); c !== undefined; c = await next(memory)) {
    await write(c);
    memory = memoryOf(c, memory) ?? memory;
  }
  const whole = held.move();
  const source = { size, replayable: true, open: readersOf(file) };
  return { source, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

function makeFile(purpose: Purpose): string {
  try {
    return Deno.makeTempFileSync({ prefix: "medvfs-", suffix: ".upload" });
  } catch (cause) {
    throw new VfsError("NotSupported", {
      ...purpose,
      reason:
        "the server wants to know the size of what is stored, and there is no place to keep " +
        "it meanwhile: tell the size, or give --allow-write for the folder of temporary files",
      cause,
    });
  }
}

/** Makes readers that each begin at the start of one file. */
function readersOf(file: Deno.FsFile): () => Promise<Bytes> {
  // A file has one position, which they use in turn.
  let turn: Promise<unknown> = Promise.resolve();
  const readAt = (
    position: number,
    chunk: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    const reading = turn.then(async () => {
      await file.seek(position, Deno.SeekMode.Start);
      const length = await file.read(chunk);
      return length === null ? undefined : chunk.subarray(0, length);
    });
    turn = reading.catch(() => {});
    return reading;
  };
  return () => {
    let position = 0;
    let isOpen = true;
    return Promise.resolve({
      async read(into = new Uint8Array(CHUNK)) {
        const chunk = isOpen ? await readAt(position, into) : undefined;
        position += chunk?.length ?? 0;
        return chunk;
      },
      close: () => Promise.resolve(void (isOpen = false)),
    });
  };
}
