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
