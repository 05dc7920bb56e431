/**
 * Reading on behind what is there.
 *
 * @module
 */

import { type ChunkReader, concat } from "../../vfs/bytes/bytes.ts";

/**
 * `start` and the next bytes of `reader` as one array: in `into` where `start` is its beginning and there is room.
 * At the end it is `start` alone.
 */
export async function readBehind(
  start: Uint8Array<ArrayBuffer>,
  reader: ChunkReader,
  into?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer, byteOffset, length } = start;
  const isIn = buffer === into?.buffer && byteOffset === into.byteOffset;
  const chunk = await reader.read(isIn ? into.subarray(length) : undefined);
  if (chunk === undefined) return start;
  const isBehind = chunk.buffer === buffer && chunk.byteOffset === byteOffset + length;
  return isBehind
    ? new Uint8Array(buffer, byteOffset, length + chunk.length)
    : concat([start, chunk], length + chunk.length);
}
