/**
 * The list of images as it was last seen, kept for when the server is away.
 *
 * @module
 */

import { isNotFound } from "../../vfs/errors.ts";
import type { Location } from "../../vfs/location/location.ts";
import type { OpOptions } from "../../vfs/options.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { ItemInfo } from "../datastore.ts";
import { recordOf } from "../../vfs/json.ts";
import type { XnatImage } from "./image.ts";

const VERSION = 1;

/** What was seen. */
export interface Snapshot {
  /** The images. */
  readonly images: readonly XnatImage[];
  /** Records of labels and images, by the MD5 of their files. */
  readonly records: Readonly<Record<string, ItemInfo>>;
}

/** Reads what `writeSnapshot` wrote; undefined when there is none, or another version's. */
export async function readSnapshot(
  vfs: Vfs,
  at: Location,
  options: OpOptions,
): Promise<Snapshot | undefined> {
  try {
    const { version, images, records } = recordOf(JSON.parse(await vfs.readTextFile(at, options)));
    if (version !== VERSION || !Array.isArray(images) || !images.every(isImage)) return undefined;
    return { images, records: recordOf(records) as Snapshot["records"] };
  } catch (error) {
    if (isNotFound(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keeps what was seen. */
export async function writeSnapshot(
  vfs: Vfs,
  at: Location,
  { images, records }: Snapshot,
  options: OpOptions,
): Promise<void> {
  await vfs.writeFile(at, JSON.stringify({ version: VERSION, images, records }), options);
}

function isImage(value: unknown): value is XnatImage {
  const { id, files } = recordOf(value);
  return typeof id === "string" && Array.isArray(files);
}
