/**
 * Unpacks archives that were sent: zip, tar, gzipped tar.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import type { ByteSource } from "../../../formats/mod.ts";
import { Refusal } from "../http/refusal.ts";
import { untar } from "../packing/tar.ts";
import { readMember, ZipError, zipMembers } from "../packing/zip_reader.ts";
import { type Blobs, type HeldBlob, readWhole } from "../storage/blobs.ts";

/** A file of an archive. */
export interface Member {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Stored bytes as a source of ranges. */
export function sourceOf(
  blobs: Blobs,
  { blob, size }: HeldBlob,
): ByteSource & { size: number } {
  return { size, read: (start, end) => readWhole(blobs, blob, start, Math.min(end, size)) };
}

const LARGEST_TAR = 2 ** 30;

/** Yields the files of an archive, whose kind its name tells. @throws {Refusal} 400 when it is damaged. */
export async function* unpacked(
  blobs: Blobs,
  stored: HeldBlob,
  name: string,
): AsyncGenerator<Member> {
  try {
    if (!/\.(tar|tgz|tar\.gz)$/i.test(name)) yield* unzipped(sourceOf(blobs, stored));
    else {
      const bytes = await readWhole(blobs, stored.blob, 0, stored.size);
      const plain = /gz$/i.test(name) ? gunzipSync(bytes, { maxOutputLength: LARGEST_TAR }) : bytes;
      for (const each of untar(plain)) if (isSafe(each.path)) yield each;
    }
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw Object.assign(new Refusal(400, `The archive cannot be read: ${cause}`), { cause });
  }
}

/** Yields the files of a zip archive. @throws {ZipError} when it is damaged. */
export async function* unzipped(source: ByteSource & { size: number }): AsyncGenerator<Member> {
  for (const member of await zipMembers(source)) {
    if (!isSafe(member.path)) throw new ZipError(`"${member.path}" leads out of the archive`);
    yield { path: member.path, bytes: await readMember(source, member) };
  }
}

function isSafe(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}
