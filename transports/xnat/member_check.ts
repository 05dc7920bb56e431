/**
 * Comparing members of a zip with the catalog.
 *
 * @module
 */

import type { Location } from "../../vfs/location/location.ts";
import { md5sOf } from "../../vfs/bytes/md5_many.ts";
import type { GotOne } from "../../vfs/transport.ts";
import { idOfFile } from "./identity.ts";
import { infoOfFile } from "./list.ts";
import type { File } from "./model.ts";
import type { StoredMembers } from "./zip_members.ts";

/** A file that is wanted. */
export interface Wanted {
  /** Where. */
  readonly location: Location;
  /** What the catalog tells. */
  readonly file: File;
}

/**
 * The files that members are of the server at `base`, but for those that were replaced since they were listed, or are damaged: which of the two
 * shows when they are read alone. Its MD5 must be that of the catalog; without one, its CRC-32 that of the zip.
 */
export async function check(
  base: string,
  { memory, members, release }: StoredMembers<Wanted>,
): Promise<readonly GotOne[]> {
  const bodies = members.map(({ start, end }) => new Uint8Array(memory, start, end - start));
  const told = bodies.filter((_, i) => members[i]!.wanted.file.md5 !== undefined);
  const md5s = (await md5sOf(told)).values();
  const same: GotOne[] = [];
  const held = new Set<number>();
  for (const [i, { wanted: { location, file }, crc32 }] of members.entries()) {
    const { md5 } = file;
    const body = bodies[i]!;
    const isSame = md5 === undefined ? await crc32Of(body) === crc32 : md5 === md5s.next().value;
    if (!isSame) continue;
    const verified = md5 === undefined ? [] : ["md5"] as const;
    const info = { ...infoOfFile(file), ...idOfFile(base, file) };
    held.add(i);
    const leave = () => {
      if (held.delete(i) && held.size === 0) release(memory);
    };
    const got = { info, offset: 0, length: body.length, verified, body, release: leave };
    same.push({ location, got });
  }
  return same;
}

async function crc32Of(bytes: Uint8Array): Promise<number> {
  const { crc32 } = await import("node:zlib");
  return crc32(bytes);
}
