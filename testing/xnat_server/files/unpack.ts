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
import { zipFiles } from "../packing/zip_stream.ts";
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

/** What a name says of an archive; undefined for a name of none (`org.nrg.xft.utils.fileExtraction.Format`). */
export function formatOf(name: string): "tar" | "tgz" | "zip" | "gz" | undefined {
  if (/\.tar$/.test(name)) return "tar";
  if (/\.t(ar\.)?gz$/.test(name)) return "tgz";
  if (/\.z(ip|ar)$/.test(name)) return "zip";
  return /\.gz$/.test(name) ? "gz" : undefined;
}

/** Yields the files of an archive, whose kind its name tells. @throws {Refusal} of `status` where it is damaged. */
export async function* unpacked(
  blobs: Blobs,
  stored: HeldBlob,
  name: string,
  status = 500,
): AsyncGenerator<Member> {
  const format = formatOf(name);
  try {
    if (format === "zip") {
      for await (const each of zipFiles(sourceOf(blobs, stored))) if (isSafe(each.path)) yield each;
      return;
    }
    const bytes = await readWhole(blobs, stored.blob, 0, stored.size);
    const plain = format === "tar" ? bytes : gunzipSync(bytes, { maxOutputLength: LARGEST_TAR });
    if (format === "gz") yield { path: name.replace(/\.gz$/, ""), bytes: plain };
    else for (const each of untar(plain)) if (isSafe(each.path)) yield each;
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw Object.assign(new Refusal(status, `The archive cannot be read: ${cause}`), { cause });
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
