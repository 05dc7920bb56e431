/**
 * Storing an image in a scan.
 *
 * @module
 */

import { VfsError } from "../../vfs/errors.ts";
import { type Location, parseLocation } from "../../vfs/location/location.ts";
import type { OpOptions, Where } from "../../vfs/options.ts";
import { locationWithin } from "../../vfs/location/nested_location.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import type { DatastoreFile } from "../datastore.ts";
import { checkedExtension, extensionOf } from "../label_file.ts";

const OP = "add the image";
/** Files that are an image by themselves, without a folder of others. */
const WHOLE = /\.(nii|nii\.gz|nrrd|mha|mgz)$/;

/** Whether a file with this name is an image by itself. */
export function isWholeImage(name: string): boolean {
  return WHOLE.test(name);
}

/**
 * Stores a file or a folder as the image of `scan`, in the resource that goes with it; of a ZIP, what is in it.
 *
 * @throws `InvalidArgument` for a file that is empty
 */
export async function storeImage(
  vfs: Vfs,
  scan: Location,
  file: DatastoreFile,
  { signal }: OpOptions,
): Promise<void> {
  const isBytes = typeof file === "object" && "bytes" in file;
  if (isBytes) {
    if (file.bytes.length === 0) throw empty("a file in memory");
    const extension = checkedExtension(file.extension, OP);
    if (extension === ".zip") return await storeZipBytes(vfs, scan, file.bytes, { signal });
    await vfs.writeFile(placeFor(scan, `image${extension}`), file.bytes, { signal });
    return;
  }
  const { location } = parseLocation(file);
  const { kind, size } = await vfs.stat(file, { signal });
  if (size === 0) throw empty(location.href);
  if (kind !== "directory" && extensionOf(location.name) === ".zip") {
    return await storeFolder(vfs, scan, locationWithin("zip", location), { signal });
  }
  if (kind === "directory") return await storeFolder(vfs, scan, file, { signal });
  const to = placeFor(scan, location.name);
  await vfs.copy(file, to, { signal, existing: "replace" });
}

async function storeZipBytes(
  vfs: Vfs,
  scan: Location,
  bytes: Uint8Array<ArrayBuffer>,
  options: OpOptions,
): Promise<void> {
  const place = parseLocation(`memory:///${crypto.randomUUID()}.zip`).location;
  await vfs.writeFile(place, bytes, options);
  try {
    await storeFolder(vfs, scan, locationWithin("zip", place), options);
  } finally {
    await vfs.remove(place);
  }
}

async function storeFolder(
  vfs: Vfs,
  scan: Location,
  from: Where,
  { signal }: OpOptions,
): Promise<void> {
  await vfs.copy(from, scan.child("DICOM"), { signal, existing: "replace" });
}

function placeFor(scan: Location, name: string): Location {
  const extension = extensionOf(name);
  const resource = /^\.nii/.test(extension) ? "NIFTI" : isWholeImage(name) ? "IMAGE" : "DICOM";
  return scan.join(resource, name);
}

function empty(url: string): VfsError {
  return new VfsError("InvalidArgument", { op: OP, url, reason: "the file is empty" });
}
