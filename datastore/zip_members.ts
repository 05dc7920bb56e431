/**
 * What goes into a ZIP of images and labels.
 *
 * @module
 */

import type { ZipMember } from "../serving/zip_stream.ts";
import type { OpOptions } from "../vfs/options.ts";
import type { Vfs } from "../vfs/vfs.ts";

/** The files of an image or label at `place` as members below `folder`: those of a directory, or the one file. */
export async function* membersAt(
  vfs: Vfs,
  place: string,
  folder: string,
  name: string,
  options: OpOptions,
): AsyncGenerator<ZipMember> {
  const { kind } = await vfs.stat(place, options);
  if (kind !== "directory") return yield { name: `${folder}/${name}`, content: { url: place } };
  for await (const entry of vfs.entries(place, { ...options, includeDirs: false })) {
    yield { name: `${folder}/${name}/${entry.name}`, content: { url: entry.url } };
  }
}
