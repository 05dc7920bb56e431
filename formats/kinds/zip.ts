/**
 * One line about a zip file.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import { byteSize, counted } from "../text.ts";
import { readEnd } from "../zip/read_end.ts";

/** Describes a zip file by the record at its end, read without the members. */
export async function describeZip(source: ByteSource): Promise<string> {
  const { size } = source;
  if (size === undefined) return "zip";
  const end = await readEnd(source, size);
  return end === undefined
    ? `zip, ${byteSize(size)} (truncated)`
    : `zip, ${counted(end.count, "entry", "entries")}, ${byteSize(size)}`;
}
