/**
 * Files as this folder sees them: bytes at positions.
 *
 * @module
 */

/** Bytes at positions: all that `formats/` needs to know about a file. */
export interface ByteSource {
  /** Length in bytes, when it is known without reading. */
  readonly size?: number;
  /**
   * Reads the bytes `start` (inclusive) to `end` (exclusive); may return fewer
   * only at the end of the file.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/** Makes a source of bytes that are in memory; nothing is copied. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (start: number, end: number): Promise<Uint8Array> =>
      Promise.resolve(bytes.subarray(start, end)),
  };
}

/**
 * Reads the first `length` bytes of a source once and answers from them, so
 * that looking twice at the start of a file costs one round trip.
 */
export async function withHead(
  source: ByteSource,
  length: number,
): Promise<ByteSource> {
  const head = await source.read(0, length);
  const size = head.length < length ? head.length : source.size;
  return {
    size,
    read: (start: number, end: number): Promise<Uint8Array> =>
      end <= head.length || size === head.length
        ? Promise.resolve(head.subarray(start, end))
        : source.read(start, end),
  };
}
