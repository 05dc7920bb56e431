/**
 * What an archive sends, as a DICOM file.
 *
 * @module
 */

import { encodeFileMeta } from "../../formats/dicom/file_meta.ts";
import type { Ask } from "../../vfs/ask.ts";
import type { ChunkReader } from "../../vfs/bytes/bytes.ts";
import { orAborted } from "../../vfs/concurrency/signals.ts";
import type { Got } from "../../vfs/transport.ts";
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from "./dimse/mod.ts";
import { identified } from "./identity.ts";
import { readBehind } from "./read_behind.ts";
import type { Arrival } from "./series_waiters.ts";

/**
 * A DICOM file: what comes before the dataset, and the dataset as it came (PS3.10 §7.1). Up to `small` bytes it is waited
 * for and given as one array, which costs whoever takes it much less than a reader.
 */
export async function fileOf(
  { instance, landing }: Arrival,
  called: string,
  small: number,
  ask: Ask,
): Promise<Pick<Got, "body" | "length">> {
  const { sopClassUID, sopInstanceUID, transferSyntaxUID } = instance;
  const head = encodeFileMeta({
    sopClassUID,
    sopInstanceUID,
    transferSyntaxUID,
    implementationClassUID: IMPLEMENTATION_CLASS_UID,
    implementationVersionName: IMPLEMENTATION_VERSION_NAME,
    sourceAET: called,
  });
  const reader = readerFrom(head, identified(landing.reader, instance, ask), ask);
  try {
    await orAborted(landing.grown(small), ask.signal, ask.op, ask.url);
  } catch (error) {
    await reader.close();
    throw error;
  }
  // Only what has come is known to be so long.
  const length = landing.isOver ? head.length + landing.length : undefined;
  const isSmall = length !== undefined && length <= small;
  return { length, body: isSmall ? await wholeOf(reader, length) : reader };
}

/** All of what a reader gives, which is so long. */
async function wholeOf(reader: ChunkReader, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const memory = new Uint8Array(length);
  let read = memory.subarray(0, 0);
  try {
    for (let before = -1; before < read.length;) {
      before = read.length;
      read = await readBehind(read, reader, memory);
    }
    return read;
  } finally {
    await reader.close();
  }
}

function readerFrom(
  start: Uint8Array<ArrayBuffer>,
  rest: ChunkReader,
  { op, url, signal }: Ask,
): ChunkReader {
  let head: Uint8Array<ArrayBuffer> | undefined = start;
  return {
    async read(into) {
      const begin = head;
      head = undefined;
      if (!begin) return await orAborted(rest.read(into), signal, op, url);
      // Where there is room, the dataset follows at once: one write less.
      if (!into || into.length <= begin.length) return begin;
      into.set(begin);
      const start = into.subarray(0, begin.length);
      return await orAborted(readBehind(start, rest, into), signal, op, url);
    },
    async close(reason) {
      head = undefined;
      await rest.close(reason);
    },
  };
}
