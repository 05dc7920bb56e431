/**
 * Parts of objects, for drivers that give whole ones only.
 *
 * @module
 */

import { type ChunkReader, concat, readerOf } from "../bytes/bytes.ts";
import { VfsError } from "../errors.ts";
import { resolveRange } from "../bytes/range.ts";
import type { ByteRange, Got } from "../transport.ts";

/** The range out of the whole object. @throws `RangeNotSatisfiable` */
export async function cut(whole: Got, range: ByteRange, url: string): Promise<Got> {
  const { body } = whole;
  try {
    const size = body instanceof Uint8Array ? body.length : whole.length ?? whole.info.size;
    if (size !== undefined) return ofSize(whole, range, size, url);
    return "suffix" in range ? await tail(whole, range.suffix) : await from(whole, range, url);
  } catch (error) {
    await readerOf(body).close();
    throw error;
  }
}

function ofSize({ info, body }: Got, range: ByteRange, size: number, url: string): Got {
  const { start, end } = resolveRange(range, size, url);
  return {
    info,
    offset: start,
    length: end - start,
    body: body instanceof Uint8Array ? body.subarray(start, end) : slice(body, start, end),
  };
}

/** From an offset on, when only the end of the object tells where that is. */
async function from(
  { info, body }: Got,
  { start, end = Infinity }: { readonly start: number; readonly end?: number },
  url: string,
): Promise<Got> {
  const reader = readerOf(body);
  let position = 0;
  let read: Uint8Array<ArrayBuffer> | undefined;
  // Whether there is anything at the offset decides if it is a part at all.
  while (start > 0 && position <= start) {
    read = await reader.read();
    if (read === undefined) {
      const reason = `byte ${start} is beyond the end at ${position}`;
      throw new VfsError("RangeNotSatisfiable", { op: "read", url, reason });
    }
    position += read.length;
  }
  const again: ChunkReader = {
    async read() {
      const chunk = read;
      read = undefined;
      return chunk ?? await reader.read();
    },
    close: (reason) => reader.close(reason),
  };
  const skipped = position - (read?.length ?? 0);
  return { info, offset: start, body: slice(again, start - skipped, end - skipped) };
}

/** The last bytes, as many as are wanted, kept while all is read. */
async function tail({ info, body }: Got, suffix: number): Promise<Got> {
  const reader = readerOf(body);
  const kept: Uint8Array[] = [];
  let length = 0;
  let size = 0;
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    kept.push(chunk);
    length += chunk.length;
    size += chunk.length;
    while (kept.length > 0 && length - kept[0]!.length >= suffix) length -= kept.shift()!.length;
  }
  await reader.close();
  const bytes = concat(kept, length).subarray(Math.max(0, length - suffix));
  return { info, offset: size - bytes.length, length: bytes.length, body: bytes };
}

function slice(reader: ChunkReader, start: number, end: number): ChunkReader {
  let position = 0;
  return {
    async read() {
      while (position < end) {
        const chunk = await reader.read();
        if (chunk === undefined) return undefined;
        const from = Math.max(0, start - position);
        const to = Math.min(chunk.length, end - position);
        position += chunk.length;
        if (to > from) return chunk.subarray(from, to);
      }
      await reader.close();
      return undefined;
    },
    close: (reason) => reader.close(reason),
  };
}
