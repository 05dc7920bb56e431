/**
 * Writes zip archives as a stream (APPNOTE.TXT §4.3): stored, with lengths and sums before the bytes.
 *
 * @module
 */

import { deflateRawSync } from "node:zlib";
import { UTF8 } from "../../../formats/zip/records.ts";
import {
  directoryRecord,
  dosTime,
  endRecords,
  localRecord,
} from "../../../formats/zip/write_records.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file to pack. */
export interface Packed {
  readonly path: string;
  readonly size: number;
  readonly crc: number;
  readonly modified: number;
  read(): AsyncIterable<Bytes>;
}

const VERSION = 20;

/** Yields an archive of files; `level` 1 to 9 compresses them. */
export async function* zip(files: Iterable<Packed>, level = 0): AsyncGenerator<Bytes> {
  const directory: Bytes[] = [];
  let offset = 0;
  for (const file of files) {
    const deflated = level > 0 ? deflateRawSync(await whole(file), { level }) : undefined;
    const fields = {
      version: VERSION,
      flags: UTF8,
      method: deflated ? 8 : 0,
      time: dosTime(file.modified),
      crc: file.crc,
      packed: deflated?.length ?? file.size,
      size: file.size,
      name: new TextEncoder().encode(file.path),
    };
    const header = localRecord(fields);
    directory.push(directoryRecord({ ...fields, madeBy: VERSION, external: 0, offset }));
    yield header;
    if (deflated) yield new Uint8Array(deflated);
    else yield* file.read();
    offset += header.length + fields.packed;
  }
  yield* directory;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield endRecords({ count: directory.length, size, offset });
}

async function whole(file: Packed): Promise<Uint8Array> {
  const bytes = new Uint8Array(file.size);
  let filled = 0;
  for await (const piece of file.read()) {
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}
