/**
 * A member that is written as it is read, deflated where that seems worth it.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { descriptorRecord } from "../../formats/zip/write_records.ts";
import type { Ask } from "../../vfs/ask.ts";
import {
  type ChunkReader,
  chunksOf,
  concat,
  readerOf,
  readerOfStream,
  type Source,
} from "../../vfs/bytes/bytes.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import { DEFLATED, STORED } from "./zip_member.ts";
import { localHeader, type NewEntry } from "./encode.ts";
import { isWorthDeflating, SAMPLE } from "./worth.ts";

/** Header, data and what follows them; `entry` has its checksum and sizes once all is read. */
export async function* streamed(
  entry: NewEntry,
  data: Source,
  ask: Ask,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  [entry.crc, entry.size, entry.packed] = [0, 0, 0];
  const bytes = readerOf(await orAborted(data.open(), ask.signal, ask.op, ask.url));
  const reader: ChunkReader = {
    read: () => orAborted(bytes.read(), ask.signal, ask.op, ask.url),
    close: (reason) => bytes.close(reason),
  };
  try {
    const sample = await sampleOf(reader);
    const isWorth = isWorthDeflating(sample);
    entry.method = isWorth ? DEFLATED : STORED;
    yield localHeader(entry);
    const content = counted(sample, reader, entry);
    for await (const chunk of isWorth ? deflated(content) : content) {
      entry.packed += chunk.length;
      yield chunk;
    }
  } finally {
    await reader.close();
  }
  yield descriptorRecord(entry);
}

async function sampleOf(reader: ChunkReader): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  while (length < SAMPLE) {
    const chunk = await reader.read();
    if (chunk === undefined) break;
    chunks.push(chunk);
    length += chunk.length;
  }
  return concat(chunks, length);
}

/** The content, of which the checksum and the size are kept. */
async function* counted(
  sample: Uint8Array<ArrayBuffer>,
  reader: ChunkReader,
  entry: NewEntry,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let chunk = sample; chunk !== undefined; chunk = (await reader.read())!) {
    if (chunk.length === 0) continue;
    entry.crc = crc32(chunk, entry.crc);
    entry.size += chunk.length;
    yield chunk;
  }
}

async function* deflated(
  content: AsyncGenerator<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const stream = ReadableStream.from(content).pipeThrough(new CompressionStream("deflate-raw"));
  yield* chunksOf(readerOfStream(stream));
}
