/**
 * The end of a zip, which tells how many members it has and where its directory is.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import {
  END64_BYTES,
  END_BYTES,
  type EndRecord,
  findEnd,
  LOCATOR_BYTES,
  MAX_TEXT,
  needsZip64,
  readEnd64,
  readLocator,
} from "./records.ts";

/** Enough for the end of most zips, which have no comment. */
const FIRST_TAIL = 1024;

/** The last record of a zip of `size` bytes, or the ZIP64 one where that counts; `undefined` when it is missing. */
export async function readEnd(source: ByteSource, size: number): Promise<EndRecord | undefined> {
  for (const tail of [FIRST_TAIL, END_BYTES + MAX_TEXT]) {
    const start = Math.max(0, size - tail);
    const end = findEnd(await source.read(start, size));
    if (end === undefined) continue;
    const large = needsZip64(end) ? await readZip64(source, start + end.at) : undefined;
    return large ?? end;
  }
  return undefined;
}

async function readZip64(source: ByteSource, before: number): Promise<EndRecord | undefined> {
  if (before < LOCATOR_BYTES) return undefined;
  const at = readLocator(await source.read(before - LOCATOR_BYTES, before));
  if (at === undefined || at + END64_BYTES > before) return undefined;
  return readEnd64(await source.read(at, at + END64_BYTES), at);
}
