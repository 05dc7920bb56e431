/**
 * Images as the files that clients load.
 *
 * @module
 */

import type { Info } from "../../vfs/transport.ts";
import type { ItemInfo } from "../datastore.ts";
import { fileNameFor, fileNameOf } from "../file_name.ts";
import type { Call } from "./route.ts";

/** An image as one file; as a folder where its files are no volume. */
export interface ImageFile {
  /** Where it is. */
  readonly uri: string;
  /** What the file system says of it. */
  readonly info: Info;
  /** The name under which clients keep it, with the ending that tells its format. */
  readonly name: string;
  /** SHA-256 in lower-case hexadecimal, where it is known. */
  readonly sha256?: string;
  /** What its headers say. */
  readonly facts: ItemInfo;
}

/** The file of an image: itself, or the volume that its slices make. Undefined for an unknown image. */
export async function imageFileOf(
  { settings: { datastore, files }, signal }: Pick<Call, "settings" | "signal">,
  id: string,
): Promise<ImageFile | undefined> {
  const volume = await datastore.getImageVolume?.(id, { signal });
  const uri = volume?.path ?? await datastore.getImageUri(id, { signal });
  if (uri === "") return undefined;
  const info = await files.stat(uri, { signal });
  if (!volume) {
    const name = info.kind === "directory" ? `${fileNameFor(id)}.zip` : fileNameOf(uri);
    return { uri, info, name, facts: {} };
  }
  const { sha256, facts } = volume;
  const digests = { ...info.digests, sha256 };
  return { uri, info: { ...info, digests }, name: fileNameOf(uri), sha256, facts };
}
